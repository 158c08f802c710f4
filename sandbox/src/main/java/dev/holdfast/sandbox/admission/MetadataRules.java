package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.Violations;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;

/** Names, labels, annotations, finalizers and owner references, which all types have. */
public final class MetadataRules {

  private static final int ANNOTATIONS_LIMIT = 256 * 1024;

  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*+");
  private static final Pattern QUALIFIED =
      Pattern.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");

  private static final String QUALIFIED_TEXT =
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
          + " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
          + " validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

  static final String LABEL_VALUE_TEXT =
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or"
          + " 'my_value',  or '12345', regex used for validation is"
          + " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

  static final String SUBDOMAIN_TEXT =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex"
          + " used for validation is"
          + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

  private static final Set<String> LABEL_NAMES = Set.of("namespaces");
  static final Set<String> FINALIZERS = Set.of("kubernetes", "orphan", "foregroundDeletion");

  /** Groups that do not ask for finalizers that are known or have a domain. */
  private static final Set<String> ANY_FINALIZER =
      Set.of(
          "admissionregistration.k8s.io",
          "apiextensions.k8s.io",
          "coordination.k8s.io",
          "node.k8s.io",
          "policy");

  private MetadataRules() {}

  static void validate(Violations violations, ServedType type, ObjectNode object) {
    JsonNode metadata = object.path("metadata");
    name(violations, type, metadata.path("name").asText(), "metadata.name");
    labels(violations, metadata.path("labels"), "metadata.labels");
    annotations(violations, metadata.path("annotations"), "metadata.annotations");
    boolean standardOnly =
        !type.custom()
            && !ANY_FINALIZER.contains(type.group())
            && !type.resource().equals("events");
    finalizers(violations, metadata.path("finalizers"), standardOnly);
    owners(violations, metadata.path("ownerReferences"));
  }

  /** Whether the name is right for the type. */
  public static void name(Violations violations, ServedType type, String name, String field) {
    String resource = type.qualified();
    if (type.group().equals("rbac.authorization.k8s.io")) {
      if (name.equals(".") || name.equals("..")) {
        violations.invalid(field, name, "may not be '" + name + "'");
      } else if (name.contains("/") || name.contains("%")) {
        violations.invalid(
            field, name, "may not contain '" + (name.contains("/") ? "/" : "%") + "'");
      }
    } else if (LABEL_NAMES.contains(resource)) {
      FieldChecks.label(violations, name, field);
    } else if (resource.equals("services")) {
      FieldChecks.dns1035(violations, name, field);
    } else {
      FieldChecks.subdomain(violations, name, field);
    }
  }

  static void labels(Violations violations, JsonNode labels, String field) {
    for (var label : labels.properties()) {
      key(violations, label.getKey(), field);
      labelValue(violations, label.getValue().asText(), field);
    }
  }

  static void labelValue(Violations violations, String value, String field) {
    if (value.length() > 63) {
      violations.invalid(field, value, "must be no more than 63 bytes");
    }
    if (!value.isEmpty() && !QUALIFIED.matcher(value).matches()) {
      violations.invalid(field, value, LABEL_VALUE_TEXT);
    }
  }

  /** A label or annotation key: {@code [PREFIX/]NAME}. */
  static void key(Violations violations, String key, String field) {
    String[] parts = key.split("/", -1);
    if (parts.length > 2) {
      violations.invalid(
          field,
          key,
          "a valid label key "
              + QUALIFIED_TEXT
              + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
      return;
    }
    String name = parts[parts.length - 1];
    if (parts.length == 2) {
      if (parts[0].isEmpty()) {
        violations.invalid(field, key, "prefix part must be non-empty");
      } else if (!SUBDOMAIN.matcher(parts[0]).matches()) {
        violations.invalid(field, key, "prefix part " + SUBDOMAIN_TEXT);
      }
    }
    if (name.isEmpty()) {
      violations.invalid(field, key, "name part must be non-empty");
    } else if (name.length() > 63) {
      violations.invalid(field, key, "name part must be no more than 63 bytes");
    }
    if (!QUALIFIED.matcher(name).matches()) {
      violations.invalid(field, key, "name part " + QUALIFIED_TEXT);
    }
  }

  static void annotations(Violations violations, JsonNode annotations, String field) {
    long size = 0;
    for (var annotation : annotations.properties()) {
      key(violations, annotation.getKey().toLowerCase(java.util.Locale.ROOT), field);
      size += annotation.getKey().length();
      size += annotation.getValue().asText().getBytes(StandardCharsets.UTF_8).length;
    }
    if (size > ANNOTATIONS_LIMIT) {
      violations.tooLong(field, ANNOTATIONS_LIMIT);
    }
  }

  private static void finalizers(Violations violations, JsonNode finalizers, boolean standardOnly) {
    int i = 0;
    for (JsonNode each : finalizers) {
      String finalizer = each.asText();
      key(violations, finalizer, "metadata.finalizers");
      if (standardOnly && !finalizer.contains("/") && !FINALIZERS.contains(finalizer)) {
        violations.invalid(
            "metadata.finalizers[" + i + "]",
            finalizer,
            "name is neither a standard finalizer name nor is it fully qualified");
      }
      i++;
    }
  }

  private static void owners(Violations violations, JsonNode owners) {
    int i = 0;
    int controllers = 0;
    for (JsonNode owner : owners) {
      String at = "metadata.ownerReferences[" + i++ + "]";
      for (String field : new String[] {"apiVersion", "kind", "name", "uid"}) {
        if (owner.path(field).asText().isEmpty()) {
          violations.invalid(at + "." + field, "", "must not be empty");
        }
      }
      if (owner.path("controller").asBoolean() && ++controllers == 2) {
        violations.invalid(
            "metadata.ownerReferences",
            owners,
            "Only one reference can have Controller set to true");
      }
    }
  }
}
