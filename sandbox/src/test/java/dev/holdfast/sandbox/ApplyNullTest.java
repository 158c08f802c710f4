package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Json;
import org.junit.jupiter.api.Test;

/**
 * A null that is applied takes away a value, but nothing from what is merged field by field: as
 * seen at a real 1.36.2.
 */
class ApplyNullTest {

  private static final String INGRESSES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";

  @Test
  void objectsStayAndValuesGo() throws Exception {
    try (Sandbox sandbox = Sandbox.start()) {
      Client client = new Client(sandbox);
      String backend = "\"defaultBackend\":{\"service\":{\"name\":\"x\",\"port\":{\"number\":80}}}";
      client.post(
          INGRESSES,
          "{\"metadata\":{\"name\":\"i\"},\"spec\":{\"ingressClassName\":\"n\"," + backend + "}}");
      assertThat(applied(client, "null"))
          .isEqualTo(
              Json.MAPPER.readTree("{\"ingressClassName\":\"n\"," + backend + "}").toString());
      assertThat(applied(client, "{\"defaultBackend\":{\"service\":null},\"rules\":null}"))
          .isEqualTo(
              Json.MAPPER.readTree("{\"ingressClassName\":\"n\"," + backend + "}").toString());
      assertThat(applied(client, "{\"ingressClassName\":null}"))
          .isEqualTo(Json.MAPPER.readTree("{" + backend + "}").toString());
    }
  }

  private static String applied(Client client, String spec) throws Exception {
    Client.Answer answer =
        client.apply(
            INGRESSES + "/i?fieldManager=m0&force=true",
            "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"Ingress\","
                + "\"metadata\":{\"name\":\"i\"},\"spec\":"
                + spec
                + "}");
    assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
    return answer.body().path("spec").toString();
  }
}
