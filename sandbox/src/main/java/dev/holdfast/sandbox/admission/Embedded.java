package dev.holdfast.sandbox.admission;

import java.util.Set;

/** Structures that Go embeds in others, which its decoder names in its messages. */
final class Embedded {

  /** Stands before an embedded structure's name in a path until it is shown. */
  private static final String MARK = "\u0001";

  private static final Set<String> REFERENCES =
      Set.of(
          "ConfigMapVolumeSource",
          "ConfigMapKeySelector",
          "ConfigMapEnvSource",
          "ConfigMapProjection",
          "SecretKeySelector",
          "SecretEnvSource",
          "SecretProjection");

  private static final Set<String> HANDLERS = Set.of("exec", "httpGet", "tcpSocket", "grpc");

  private Embedded() {}

  /** What to put before a field of a structure; empty if the field is its own. */
  static String in(String structure, String field) {
    String name =
        switch (structure) {
          case "Volume" -> field.equals("name") ? "" : "VolumeSource";
          case "Probe" -> HANDLERS.contains(field) ? "ProbeHandler" : "";
          case "IngressRule" -> field.equals("http") ? "IngressRuleValue" : "";
          default ->
              REFERENCES.contains(structure) && field.equals("name") ? "LocalObjectReference" : "";
        };
    return name.isEmpty() ? "" : MARK + name + ".";
  }

  /** The path as Go shows it. */
  static String name(String path) {
    return path.replace(MARK, "");
  }

  /** The path without embedded structures. */
  static String leave(String path) {
    return path.replaceAll(MARK + "\\w+\\.", "");
  }
}
