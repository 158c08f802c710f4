package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Custom resources are validated in the words of a real 1.36.2, which were noted from one. */
class CustomSchemaTest {

  private static final String BOATS = "/apis/x.example.org/v1/namespaces/default/boats";
  private static final String UNCHECKED =
      "<nil> Invalid value: null: some validation rules were not checked because the object was"
          + " invalid; correct the existing errors to complete validation";

  private static Sandbox sandbox;
  private static Client client;
  private static int boats;

  @BeforeAll
  static void define() throws Exception {
    sandbox = Sandbox.start();
    client = new Client(sandbox);
    String schema =
        """
        {"type": "object", "properties": {"spec": {"type": "object", "properties": {
          "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
          "any": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
          "one": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
          "all": {"type": "integer", "allOf": [{"minimum": 3}, {"maximum": 5}]},
          "no": {"type": "string", "not": {"enum": ["bad"]}},
          "mail": {"type": "string", "format": "email"},
          "when": {"type": "string", "format": "date-time"},
          "ip": {"type": "string", "format": "ipv4"},
          "opt": {"type": "string", "nullable": true},
          "two": {"type": "integer", "default": 2},
          "list": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "string"}}}},
          "flag": {"type": "string", "enum": ["red", "green"]},
          "emb": {"type": "object", "x-kubernetes-embedded-resource": true,
            "x-kubernetes-preserve-unknown-fields": true}
        }}}}
        """;
    var made =
        client.post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Definitions.boats(schema));
    assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
    await().until(() -> client.get(BOATS).code() == 200);
  }

  @AfterAll
  static void close() {
    sandbox.close();
  }

  private static Client.Answer create(String spec) throws Exception {
    return client.post(
        BOATS,
        "{\"apiVersion\":\"x.example.org/v1\",\"kind\":\"Boat\",\"metadata\":{\"name\":\"b"
            + ++boats
            + "\"},\"spec\":"
            + spec
            + "}");
  }

  private static List<String> causes(String spec) throws Exception {
    List<String> causes = new ArrayList<>();
    for (JsonNode each : create(spec).body().at("/details/causes")) {
      causes.add(each.path("field").asText() + " " + each.path("message").asText());
    }
    causes.remove(UNCHECKED);
    return causes;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"port\": 80}",
        "{\"port\": \"http\"}",
        "{\"any\": {\"b\": \"x\"}}",
        "{\"one\": {\"a\": \"x\"}}",
        "{\"all\": 4}",
        "{\"no\": \"good\"}",
        "{\"mail\": \"a@b.c\", \"when\": \"2026-01-02T03:04:05Z\", \"ip\": \"192.0.2.1\"}",
        "{\"emb\": {\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"}}}"
      })
  void whatIsRightIsStored(String spec) throws Exception {
    assertThat(create(spec).code()).isEqualTo(201);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"any\": {}}; <nil> Invalid value: \"\": \"spec.any\" must validate at least one schema"
            + " (anyOf)|spec.any.a Required value",
        "{\"one\": {\"a\": \"1\", \"b\": \"2\"}}; <nil> Invalid value: \"\": \"spec.one\" must"
            + " validate one and only one schema (oneOf). Found 2 valid alternatives",
        "{\"one\": {}}; <nil> Invalid value: \"\": \"spec.one\" must validate one and only one"
            + " schema (oneOf). Found none valid|spec.one.a Required value",
        "{\"all\": 2}; spec.all Invalid value: 2: spec.all in body should be greater than or equal"
            + " to 3|<nil> Invalid value: \"\": \"spec.all\" must validate all the schemas (allOf)",
        "{\"no\": \"bad\"}; <nil> Invalid value: \"\": \"spec.no\" must not validate the schema"
            + " (not)",
        "{\"mail\": \"x\"}; spec.mail Invalid value: \"x\": spec.mail in body must be of type"
            + " email: \"x\"",
        "{\"when\": \"x\"}; spec.when Invalid value: \"x\": spec.when in body must be of type"
            + " date-time: \"x\"",
        "{\"ip\": \"x\"}; spec.ip Invalid value: \"x\": spec.ip in body must be of type ipv4:"
            + " \"x\"",
        "{\"emb\": {\"a\": 1}}; spec.emb.apiVersion Required value|spec.emb.kind Required value"
      })
  void whatIsWrongIsRefusedInTheServersWords(String spec, String expected) throws Exception {
    assertThat(causes(spec)).containsExactlyInAnyOrder(expected.split("\\|"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"flag\": null, \"two\": null, \"any\": null}; {\"two\":2}",
        "{\"two\": 1, \"opt\": null}; {\"two\":1,\"opt\":null}",
        "{\"list\": [{\"n\": null}]}; {\"list\":[{}],\"two\":2}",
      })
  void nullIsAsIfItWereNotThereUnlessItMayBe(String spec, String stored) throws Exception {
    assertThat(create(spec).body().path("spec"))
        .isEqualTo(dev.holdfast.model.Json.MAPPER.readTree(stored));
  }

  @Test
  void nullInAListIsWrongAndWrongTypesAreNoneOfTheEnumeratedEither() throws Exception {
    assertThat(causes("{\"list\": [null]}"))
        .containsExactly(
            "spec.list[0] Invalid value: \"null\": spec.list[0] in body must be of type object:"
                + " \"null\"");
    assertThat(causes("{\"flag\": 1}"))
        .containsExactly(
            "spec.flag Invalid value: \"integer\": spec.flag in body must be of type string:"
                + " \"integer\"",
            "spec.flag Unsupported value: 1: supported values: \"red\", \"green\"");
  }

  @Test
  void aTypeThatIsNeitherIsRefused() throws Exception {
    assertThat(causes("{\"port\": true}"))
        .contains(
            "spec.port Invalid value: \"boolean\": spec.port in body must be of type"
                + " integer,string: \"boolean\"");
  }

  /** An expression is never passed over in silence. */
  @Test
  void expressionsThatAreNotEvaluatedAreWarnedOf() throws Exception {
    try (Sandbox other = Sandbox.start()) {
      Client own = new Client(other);
      String schema =
          """
          {"type": "object", "properties": {"spec": {"type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.a < self.b"}, {"rule": "self.a > 0"}]}}}
          """;
      var made =
          own.post(
              "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Definitions.boats(schema));
      assertThat(made.http().headers().firstValue("Warning"))
          .hasValueSatisfying(
              text -> assertThat(text).contains("does not evaluate the 2 validation expressions"));
      await().until(() -> own.get(BOATS).code() == 200);
      var boat = own.post(BOATS, "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"a\":2,\"b\":1}}");
      assertThat(boat.http().headers().firstValue("Warning"))
          .hasValueSatisfying(text ->
              assertThat(text)
                  .contains("did not evaluate the 2 validation expressions")
                  .contains("boats.x.example.org"));
      var policy =
          own.post(
              "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
              "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"validations\":[{\"expression\":\"false\"}]}}");
      assertThat(policy.http().headers().firstValue("Warning"))
          .hasValueSatisfying(
              text -> assertThat(text).contains("does not evaluate admission policies"));
    }
  }
}
