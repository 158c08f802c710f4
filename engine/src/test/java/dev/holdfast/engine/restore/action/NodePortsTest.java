package dev.holdfast.engine.restore.action;

import static dev.holdfast.engine.restore.action.Items.transform;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("EBS-42")
class NodePortsTest {

  private static final String SPEC =
      "'spec':{'type':'NodePort','clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1'],'ports':["
          + "{'name':'http','port':80,'protocol':'TCP','nodePort':30080},"
          + "{'name':'auto','port':81,'protocol':'TCP','nodePort':31111}]}";

  private static String annotated(String applied) {
    return "{'metadata':{'name':'s','annotations':{'kubectl.kubernetes.io/last-applied-configuration':'"
        + applied.replace("'", "\\'")
        + "'}},"
        + SPEC
        + "}";
  }

  private static ObjectNode service(String item, String spec) {
    return transform("services/a/s", item, spec, Map.of()).item();
  }

  @Test
  void allocatedAddressesAndPortsAreLeftToTheServer() {
    ObjectNode service = service("{'metadata':{}," + SPEC + "}", "{}");
    assertThat(service.path("spec").has("clusterIP")).isFalse();
    assertThat(service.path("spec").has("clusterIPs")).isFalse();
    assertThat(service.findValues("nodePort")).isEmpty();
  }

  @Test
  void headlessServicesStayHeadless() {
    assertThat(
            service("{'spec':{'clusterIP':'None','clusterIPs':['None']}}", "{}")
                .at("/spec/clusterIP")
                .asText())
        .isEqualTo("None");
  }

  @Test
  void portsThatKubectlAppliedStay() {
    ObjectNode service =
        service(
            annotated("{'spec':{'ports':[{'name':'http','nodePort':30080},{'name':'auto'}]}}"),
            "{}");
    assertThat(service.findValuesAsText("nodePort")).containsExactly("30080");
  }

  @Test
  void anUnnamedPortIsKnownByItsNumber() {
    String item =
        "{'metadata':{'annotations':{'kubectl.kubernetes.io/last-applied-configuration':"
            + "'{\\'spec\\':{\\'ports\\':[{\\'port\\':80,\\'nodePort\\':%s}]}}'}},"
            + "'spec':{'ports':[{'port':80,'nodePort':30080}]}}";
    assertThat(service(item.formatted("30080"), "{}").findValues("nodePort")).hasSize(1);
    assertThat(service(item.formatted("30081"), "{}").findValues("nodePort")).isEmpty();
  }

  @Test
  void aNamedPortIsNotKnownByItsNumber() {
    String item =
        "{'metadata':{'annotations':{'kubectl.kubernetes.io/last-applied-configuration':"
            + "'{\\'spec\\':{\\'ports\\':[{\\'nodePort\\':30080}]}}'}},"
            + "'spec':{'ports':[{'name':'http','nodePort':30080}]}}";
    assertThat(service(item, "{}").findValues("nodePort")).isEmpty();
  }

  @Test
  void portsThatAFieldManagerOwnsStay() {
    ObjectNode service =
        service(
            "{'metadata':{'managedFields':[{'fieldsV1':{'f:spec':{'f:ports':{"
                + "'k:{\\'port\\':80,\\'protocol\\':\\'TCP\\'}':{'f:nodePort':{}},"
                + "'k:{\\'port\\':81,\\'protocol\\':\\'TCP\\'}':{'f:port':{}}}}}}]},"
                + SPEC
                + "}",
            "{}");
    assertThat(service.findValuesAsText("nodePort")).containsExactly("30080");
  }

  @Test
  void allPortsStayIfTheyAreToBePreserved() {
    assertThat(
            service("{'metadata':{}," + SPEC + "}", "{'preserveNodePorts':true}")
                .findValues("nodePort"))
        .hasSize(2);
  }

  @Test
  void theHealthCheckPortStaysOnlyIfSomebodyChoseIt() {
    String spec =
        "'spec':{'type':'LoadBalancer','healthCheckNodePort':32000,'externalTrafficPolicy':'Local'}}";
    assertThat(service("{'metadata':{}," + spec, "{}").path("spec").has("healthCheckNodePort"))
        .isFalse();
    assertThat(
            service(
                    "{'metadata':{'managedFields':[{'fieldsV1':{'f:spec':{'f:healthCheckNodePort':{}}}}]},"
                        + spec,
                    "{}")
                .path("spec")
                .has("healthCheckNodePort"))
        .isTrue();
    assertThat(
            service(
                    "{'metadata':{'annotations':{'kubectl.kubernetes.io/last-applied-configuration':"
                        + "'{\\'spec\\':{\\'healthCheckNodePort\\':32000}}'}},"
                        + spec,
                    "{}")
                .path("spec")
                .has("healthCheckNodePort"))
        .isTrue();
  }
}
