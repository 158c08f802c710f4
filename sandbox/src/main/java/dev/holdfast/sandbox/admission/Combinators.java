package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.schema.CustomSchemas;
import dev.holdfast.sandbox.status.Violations;
import java.util.ArrayList;
import java.util.List;

/**
 * allOf, anyOf, oneOf, not. The API server does not say where such an error is: its field is {@code
 * <nil>}; where no alternative holds, it adds what is wrong with the first.
 */
final class Combinators {

  private static final String NOWHERE = "<nil>";

  private Combinators() {}

  static void check(Violations violations, JsonNode rules, JsonNode value, String at) {
    if (rules.path("anyOf").isArray()) {
      List<Violations> failed = failures(rules.path("anyOf"), value, at);
      if (failed.size() == rules.path("anyOf").size()) {
        fail(violations, at, "must validate at least one schema (anyOf)");
        violations.addAll(failed.getFirst());
      }
    }
    if (rules.path("oneOf").isArray()) {
      List<Violations> failed = failures(rules.path("oneOf"), value, at);
      int valid = rules.path("oneOf").size() - failed.size();
      if (valid != 1) {
        fail(
            violations,
            at,
            "must validate one and only one schema (oneOf). Found "
                + (valid == 0 ? "none valid" : valid + " valid alternatives"));
      }
      if (valid == 0) {
        violations.addAll(failed.getFirst());
      }
    }
    if (rules.path("allOf").isArray()) {
      List<Violations> failed = failures(rules.path("allOf"), value, at);
      failed.forEach(violations::addAll);
      if (!failed.isEmpty()) {
        fail(violations, at, "must validate all the schemas (allOf)");
      }
    }
    if (rules.path("not").isObject() && holds(rules.path("not"), value, at).isEmpty()) {
      fail(violations, at, "must not validate the schema (not)");
    }
  }

  private static void fail(Violations violations, String at, String why) {
    violations.invalid(NOWHERE, "", "\"" + at + "\" " + why);
  }

  private static List<Violations> failures(JsonNode schemas, JsonNode value, String at) {
    List<Violations> failed = new ArrayList<>();
    for (JsonNode each : schemas) {
      Violations found = holds(each, value, at);
      if (!found.isEmpty()) {
        failed.add(found);
      }
    }
    return failed;
  }

  /** What is wrong with the value by this schema alone. */
  private static Violations holds(JsonNode schema, JsonNode value, String at) {
    Violations found = new Violations();
    SchemaRules.check(found, CustomSchemas.part(schema), value, at);
    return found;
  }
}
