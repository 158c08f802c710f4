package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.cli.Command.Ended;
import dev.holdfast.model.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./holdfast image} as a process of its own. Runs after the package phase. */
class ImageLaunchTest {

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", ".."));

  private static final Pattern LISTENING = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+)");

  @TempDir Path folder;
  private final Map<String, String> environment = new TreeMap<>();

  @BeforeEach
  void prepare() {
    environment.put("PATH", System.getenv("PATH"));
    environment.put("HOME", folder.toString());
    environment.put("HOLDFAST_BUILD", "no");
  }

  private Ended run(String... words) {
    return new Command(folder, environment).run(List.of(words));
  }

  private Ended holdfast(String... words) {
    List<String> command = new ArrayList<>(List.of(ROOT.resolve("holdfast").toString()));
    command.addAll(List.of(words));
    return new Command(folder, environment).run(command);
  }

  private Path unpack(Path image) throws IOException {
    Path layers = Files.createDirectory(folder.resolve("layers"));
    Path root = Files.createDirectory(folder.resolve("root"));
    assertThat(run("tar", "-xf", image.toString(), "-C", layers.toString()).code()).isZero();
    JsonNode manifest =
        Json.MAPPER.readTree(Files.readAllBytes(layers.resolve("manifest.json"))).get(0);
    for (JsonNode layer : manifest.path("Layers")) {
      String file = layers.resolve(layer.asText()).toString();
      assertThat(run("tar", "-xzf", file, "-C", root.toString()).code()).isZero();
    }
    return root;
  }

  /** In a root of its own, as a container has it: nothing of this machine is in reach. */
  @Test
  void whatWasSavedRuns() throws IOException {
    Ended saved = holdfast("image", "save", "image.tar", "--name", "holdfast:test", "-o", "json");
    assertThat(saved.code()).as(saved.err()).isZero();
    assertThat(saved.err()).isEmpty();
    assertThat(Json.MAPPER.readTree(saved.out()).path("image").asText()).isEqualTo("holdfast:test");
    assumeTrue("root".equals(System.getProperty("user.name")), "only root may change the root");

    startsIn(unpack(folder.resolve("image.tar")));

    Ended again = holdfast("image", "save", "image.tar");
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("image.tar exists");
  }

  private void startsIn(Path root) throws IOException {
    Files.createDirectory(root.resolve("proc"));
    String script = "mount --rbind /proc \"$1/proc\" && exec chroot \"$@\"";
    Ended version =
        run(
            "unshare",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
            root.toString(),
            "/opt/holdfast/runtime/bin/java",
            "@/opt/holdfast/options",
            "version");
    assertThat(version.code()).as(version.err()).isZero();
    assertThat(version.out()).isEqualTo(holdfast("version").out());
  }

  /** An image with a C library, its loader and a note, as {@code docker save} writes one. */
  private static final String BASE =
      """
      set -e
      mkdir base
      for file in $(ldd "$1"/bin/java "$1"/lib/*.so "$1"/lib/server/*.so | grep -o '/[^ :]*' | sort -u); do
        case $file in "$1"*) continue ;; esac
        mkdir -p "base$(dirname "$file")"
        cp -L "$file" "base$file"
      done
      echo 'of the base' > base/note
      tar -cf layer.tar -C base .
      layer=$(sha256sum layer.tar | cut -d ' ' -f 1)
      echo '{"architecture":"'"$2"'","os":"linux","config":{"Env":["NOTE=/note"]},"rootfs":{"type":"layers","diff_ids":["sha256:'$layer'"]}}' > config.json
      echo '[{"Config":"config.json","RepoTags":["base:1"],"Layers":["layer.tar"]}]' > manifest.json
      tar -cf base.tar manifest.json config.json layer.tar
      """;

  /** As on a machine whose own C library cannot be taken. */
  @Test
  void buildsOnAnotherImage() throws IOException {
    String java = Path.of(System.getProperty("java.home")).toRealPath().toString();
    String machine = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    Ended base = run("sh", "-c", BASE, "sh", java, machine);
    assertThat(base.code()).as(base.err()).isZero();
    for (String name : List.of("one.tar", "two.tar")) {
      Ended saved = holdfast("image", "save", name, "--base", "base.tar");
      assertThat(saved.code()).as(saved.err()).isZero();
    }
    JsonNode one = document("one.tar", "manifest.json").get(0);
    JsonNode two = document("two.tar", "manifest.json").get(0);
    assertThat(one.path("Layers")).hasSize(3);
    assertThat(two.at("/Layers/0")).as("of the base").isEqualTo(one.at("/Layers/0"));
    assertThat(two.at("/Layers/2")).as("of Holdfast").isEqualTo(one.at("/Layers/2"));
    JsonNode config = document("one.tar", one.path("Config").asText());
    assertThat(config.at("/config/Env").toString()).contains("NOTE=/note");
    assertThat(config.at("/config/Entrypoint").toString()).contains("/opt/holdfast/runtime");
    Path root = unpack(folder.resolve("one.tar"));
    assertThat(root.resolve("note")).hasContent("of the base");
    assertThat(root.resolve("etc/passwd")).as("nothing of this machine").doesNotExist();
    assumeTrue("root".equals(System.getProperty("user.name")), "only root may change the root");
    startsIn(root);
  }

  private JsonNode document(String image, String name) throws IOException {
    return Json.MAPPER.readTree(run("tar", "-xOf", image, name).out());
  }

  @Test
  void refusesWhatCannotBecomeAnImage() {
    Ended name = holdfast("image", "push", "No Such/Name");
    assertThat(name.code()).isEqualTo(2);
    assertThat(name.err()).contains("'No Such/Name' is no image's name");
    Ended place = holdfast("image", "save", "nowhere/image.tar");
    assertThat(place.code()).isEqualTo(2);
    assertThat(place.err()).contains("There is no directory for nowhere/image.tar");
    Ended base = holdfast("image", "save", "image.tar", "--base", "none.tar");
    assertThat(base.code()).isEqualTo(2);
    assertThat(base.err()).contains("--base none.tar cannot be read");
    assertThat(folder.resolve("image.tar.part")).doesNotExist();
  }

  /** The port that the registry chose; 0 before it has. */
  private int port() throws IOException {
    Matcher said = LISTENING.matcher(Files.readString(folder.resolve("registry.log")));
    return said.find() ? Integer.parseInt(said.group(1)) : 0;
  }

  @Test
  void pushesToARegistry() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/docker-registry")),
        "There is no docker-registry on this machine: skipped");
    Path configuration = folder.resolve("registry.yml");
    Files.writeString(
        configuration,
        "version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: 127.0.0.1:0}\n"
            .formatted(folder.resolve("registry")));
    Process registry =
        new ProcessBuilder("/usr/bin/docker-registry", "serve", configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("registry.log").toFile())
            .start();
    try (HttpClient http = HttpClient.newHttpClient()) {
      await().until(() -> port() > 0 || !registry.isAlive());
      int port = port();
      URI manifest = URI.create("http://127.0.0.1:%d/v2/holdfast/manifests/1".formatted(port));
      HttpRequest ask =
          HttpRequest.newBuilder(manifest)
              .header("Accept", "application/vnd.docker.distribution.manifest.v2+json")
              .build();
      assertThat(http.send(ask, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(404);
      String image = "127.0.0.1:" + port + "/holdfast:1";

      Ended plain = holdfast("image", "push", image);
      assertThat(plain.code()).isEqualTo(1);
      assertThat(plain.err()).contains("--insecure");

      Ended pushed = holdfast("image", "push", image, "--insecure", "-o", "json");
      assertThat(pushed.code()).as(pushed.err()).isZero();
      HttpResponse<String> answer = http.send(ask, HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Docker-Content-Digest"))
          .contains(Json.MAPPER.readTree(pushed.out()).path("digest").asText());
    } finally {
      registry.destroy();
      registry.waitFor();
    }
  }
}
