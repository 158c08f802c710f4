package dev.holdfast.sandbox.rbac;

import dev.holdfast.sandbox.schema.ServedType;

/**
 * What somebody wants to do.
 *
 * @param verb get, list, watch, create, update, patch, delete, deletecollection, impersonate ...
 * @param resource with its subresource: {@code pods/log}; empty for a path that is no resource
 * @param namespace empty for the cluster's scope
 * @param name empty for a collection
 * @param path of a request that is for no resource, else empty
 */
public record Attributes(
    String verb, String group, String resource, String namespace, String name, String path) {

  public static Attributes of(
      String verb, ServedType type, String subresource, String namespace, String name) {
    String resource = subresource.isEmpty() ? type.resource() : type.resource() + "/" + subresource;
    return new Attributes(verb, type.group(), resource, namespace, name, "");
  }

  public static Attributes path(String verb, String path) {
    return new Attributes(verb, "", "", "", "", path);
  }

  /** {@code User "ada" cannot list resource "pods" in API group "" in the namespace "shop"}. */
  public String refusal(Caller caller) {
    if (resource.isEmpty()) {
      return "User \"" + caller.user() + "\" cannot " + verb + " path \"" + path + "\"";
    }
    return "User \""
        + caller.user()
        + "\" cannot "
        + verb
        + " resource \""
        + resource
        + "\" in API group \""
        + group
        + "\" "
        + (namespace.isEmpty() ? "at the cluster scope" : "in the namespace \"" + namespace + "\"");
  }
}
