package dev.holdfast.sandbox;

/** CustomResourceDefinitions for tests. */
final class Definitions {

  private Definitions() {}

  /** {@code boats.x.example.org}, namespaced, version v1. */
  static String boats(String schema) {
    return boats(schema, "");
  }

  /**
   * @param more what else the version has, each part with a comma in front
   */
  static String boats(String schema, String more) {
    return """
    {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
     "metadata": {"name": "boats.x.example.org"},
     "spec": {"group": "x.example.org", "scope": "Namespaced",
      "names": {"plural": "boats", "singular": "boat", "kind": "Boat", "listKind": "BoatList"},
      "versions": [{"name": "v1", "served": true, "storage": true,
       "schema": {"openAPIV3Schema": %s} %s}]}}
    """
        .formatted(schema, more);
  }
}
