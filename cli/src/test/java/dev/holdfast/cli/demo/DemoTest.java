package dev.holdfast.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.Terminal;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Json;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {

  @TempDir Path home;

  @Test
  @Tag("EMF-14")
  @Tag("EMF-26")
  void nothingIsMissingAfterTheDisaster() {
    Terminal.Result demo = Terminal.in(home).run("demo");
    assertThat(demo.code()).as(demo.err() + demo.out()).isZero();
    assertThat(demo.out())
        .contains("kubectl delete namespace shop")
        .contains("Backup shop Completed")
        .contains("update    configmaps/shop-data/orders")
        .contains("Restore back Completed")
        .contains("Nothing is missing.")
        .doesNotContain("✗");
    assertThat(demo.err()).doesNotContain("Warning").doesNotContain("Error");
  }

  @Test
  void theShopHasWhatItPromises() {
    var kinds = Shop.manifests().stream().map(item -> item.path("kind").asText()).toList();
    assertThat(kinds)
        .contains(
            "Namespace",
            "CustomResourceDefinition",
            "Coupon",
            "StatefulSet",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Ingress",
            "HorizontalPodAutoscaler",
            "PodDisruptionBudget",
            "ResourceQuota",
            "ValidatingWebhookConfiguration",
            "RoleBinding",
            "Secret");
  }

  /** The proof is worth something only if it sees what is wrong. */
  @Test
  void theCensusSeesWhatIsMissingAndWhatDiffers() {
    Census before = census("{\"kind\":\"ConfigMap\",\"data\":{\"a\":\"1\",\"b\":\"2\"}}");
    assertThat(
            census("{\"kind\":\"ConfigMap\",\"data\":{\"a\":\"1\",\"b\":\"2\"}}")
                .lossesSince(before))
        .isEmpty();
    assertThat(
            census("{\"kind\":\"ConfigMap\",\"data\":{\"a\":\"1\",\"b\":\"3\"}}")
                .lossesSince(before))
        .extracting(Census.Loss::what)
        .containsExactly("differs at .data.b");
    assertThat(new Census(new TreeMap<>()).lossesSince(before))
        .extracting(Census.Loss::what)
        .containsExactly("missing");
  }

  private static Census census(String json) {
    TreeMap<ItemKey, ObjectNode> items = new TreeMap<>();
    items.put(
        ItemKey.of("configmaps", "shop", "x"),
        Json.object(json.getBytes(java.nio.charset.StandardCharsets.UTF_8), "item"));
    return new Census(items);
  }
}
