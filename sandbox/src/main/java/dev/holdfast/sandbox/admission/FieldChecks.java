package dev.holdfast.sandbox.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.sandbox.status.Violations;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Single values that many types have, checked in the API's words: names, ports, quantities. */
final class FieldChecks {

  static final List<String> PROTOCOLS = List.of("SCTP", "TCP", "UDP");

  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*+");
  private static final Pattern DNS1035 = Pattern.compile("[a-z]([-a-z0-9]*[a-z0-9])?");
  private static final Pattern PORT_NAME = Pattern.compile("[-a-z0-9]+");
  private static final Pattern HEADER = Pattern.compile("[-A-Za-z0-9]+");
  private static final Pattern CONFIG_KEY = Pattern.compile("[-._a-zA-Z0-9]+");
  private static final Pattern PRINTABLE = Pattern.compile("[ -~&&[^=]]*");
  private static final Pattern PERCENT = Pattern.compile("[0-9]+%");

  private FieldChecks() {}

  /** A name of one DNS label. */
  static void label(Violations violations, String value, String field) {
    if (value.length() > 63) {
      violations.invalid(field, value, "must be no more than 63 characters");
    }
    if (LABEL.matcher(value).matches()) {
      return;
    }
    violations.invalid(
        field,
        value,
        SUBDOMAIN.matcher(value).matches()
            ? "must not contain dots"
            : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or"
                + " '-', and must start and end with an alphanumeric character (e.g. 'my-name', "
                + " or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')");
  }

  /** A label that starts with a letter. */
  static void dns1035(Violations violations, String value, String field) {
    if (value.length() > 63) {
      violations.invalid(field, value, "must be no more than 63 characters");
    }
    if (!DNS1035.matcher(value).matches()) {
      violations.invalid(
          field,
          value,
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with"
              + " an alphabetic character, and end with an alphanumeric character (e.g. 'my-name', "
              + " or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')");
    }
  }

  /** Labels joined by dots. */
  static void subdomain(Violations violations, String value, String field) {
    if (value.length() > 253) {
      violations.invalid(field, value, "must be no more than 253 characters");
    }
    if (!SUBDOMAIN.matcher(value).matches()) {
      violations.invalid(field, value, MetadataRules.SUBDOMAIN_TEXT);
    }
  }

  /** A host name whose first label may be a star. */
  static void host(Violations violations, String value, String field) {
    if (!value.contains("*")) {
      subdomain(violations, value, field);
    } else if (!value.startsWith("*.") || !SUBDOMAIN.matcher(value.substring(2)).matches()) {
      violations.invalid(
          field,
          value,
          "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain,"
              + " which must consist of lower case alphanumeric characters, '-' or '.' and end with"
              + " an alphanumeric character (e.g. '*.example.com', regex used for validation is"
              + " '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
    }
  }

  /** What can stand between two slashes of a path. */
  static void segment(Violations violations, String value, String field) {
    if (value.equals(".") || value.equals("..")) {
      violations.invalid(field, value, "may not be '" + value + "'");
    }
    for (String forbidden : List.of("/", "%")) {
      if (value.contains(forbidden)) {
        violations.invalid(field, value, "may not contain '" + forbidden + "'");
      }
    }
  }

  static void port(Violations violations, int number, String field) {
    if (number < 1 || number > 65535) {
      violations.invalid(field, number, "must be between 1 and 65535, inclusive");
    }
  }

  /** Whether it is one. */
  static boolean portName(Violations violations, String value, String field) {
    int before = violations.size();
    if (value.length() > 15) {
      violations.invalid(field, value, "must be no more than 15 characters");
    }
    if (!PORT_NAME.matcher(value).matches()) {
      violations.invalid(
          field, value, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if (value.chars().noneMatch(c -> c >= 'a' && c <= 'z')) {
      violations.invalid(field, value, "must contain at least one letter (a-z)");
    }
    if (value.contains("--")) {
      violations.invalid(field, value, "must not contain consecutive hyphens");
    }
    if (value.startsWith("-") || value.endsWith("-")) {
      violations.invalid(field, value, "must not begin or end with a hyphen");
    }
    return violations.size() == before;
  }

  /** A port by number or by name; an absent one is number 0. */
  static void portOrName(Violations violations, JsonNode value, String field) {
    if (value.isTextual()) {
      portName(violations, value.asText(), field);
    } else {
      port(violations, value.asInt(), field);
    }
  }

  static void protocol(Violations violations, JsonNode value, String field) {
    if (value.asText().isEmpty()) {
      violations.required(field, "");
    } else if (!PROTOCOLS.contains(value.asText())) {
      violations.notAmong(field, value, PROTOCOLS);
    }
  }

  /** The name of an environment variable, or the beginning of one. */
  static void variable(Violations violations, String value, String field) {
    if (!PRINTABLE.matcher(value).matches()) {
      violations.invalid(
          field,
          value,
          "a valid environment variable name must consist only of printable ASCII characters other"
              + " than '='");
    }
  }

  static void header(Violations violations, String value, String field) {
    if (!HEADER.matcher(value).matches()) {
      violations.invalid(
          field,
          value,
          "a valid HTTP header must consist of alphanumeric characters or '-' (e.g."
              + " 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')");
    }
  }

  /** A key of a ConfigMap or Secret. */
  static void configKey(Violations violations, String value, String field) {
    if (value.length() > 253) {
      violations.invalid(field, value, "must be no more than 253 characters");
    }
    if (!CONFIG_KEY.matcher(value).matches()) {
      violations.invalid(
          field,
          value,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g."
              + " 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is"
              + " '[-._a-zA-Z0-9]+')");
    }
    if (value.equals(".") || value.equals("..")) {
      violations.invalid(field, value, "must not be '" + value + "'");
    } else if (value.startsWith("..")) {
      violations.invalid(field, value, "must not start with '..'");
    }
  }

  /** Each named field of an object that is a number below zero. */
  static void nonnegative(Violations violations, JsonNode object, String at, String... fields) {
    for (String name : fields) {
      JsonNode value = object.path(name);
      if (value.isNumber() && value.asLong() < 0) {
        violations.invalid(at + "." + name, value, "must be greater than or equal to 0");
      }
    }
  }

  /** A number from 0 on, or a percentage. */
  static void countOrPercent(Violations violations, JsonNode value, String field, boolean bounded) {
    if (value.isTextual()) {
      if (!PERCENT.matcher(value.asText()).matches()) {
        violations.invalid(
            field,
            value,
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', "
                + " or '93%', regex used for validation is '[0-9]+%')");
      } else if (bounded && percent(value) > 100) {
        violations.invalid(field, value, "must not be greater than 100%");
      }
    } else if (value.isNumber() && value.asLong() < 0) {
      violations.invalid(field, value, "must be greater than or equal to 0");
    }
  }

  private static long percent(JsonNode value) {
    String digits = value.asText().substring(0, value.asText().length() - 1);
    return digits.length() > 9 ? Long.MAX_VALUE : Long.parseLong(digits);
  }

  /** A text that must be one of a few; an empty one must be there. */
  static void among(Violations violations, JsonNode value, String field, List<String> allowed) {
    if (value.asText().isEmpty()) {
      violations.required(field, "");
    } else if (!Set.copyOf(allowed).contains(value.asText())) {
      violations.notAmong(field, value, allowed);
    }
  }
}
