package dev.holdfast.sandbox.store;

import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * One object as it is kept: its bytes and the few facts that indexes and selectors ask for. The
 * bytes are the object's JSON without apiVersion and kind, and without what precedes the first
 * field of metadata and without metadata.resourceVersion; {@link #write} puts these in front. So a
 * new version costs no second serialisation, and one stored form serves every API version.
 *
 * @param namespace empty for cluster-scoped objects
 * @param version the resourceVersion
 * @param owners uids of the owners; empty for most
 * @param terminating whether deletionTimestamp is set
 * @param tail everything after <code>{"metadata":{</code>
 */
public record Stored(
    GroupResource type,
    String namespace,
    String name,
    String uid,
    long version,
    Map<String, String> labels,
    List<String> owners,
    boolean terminating,
    byte[] tail) {

  /** The order of objects in lists, as etcd's keys order them. */
  public String key() {
    return key(namespace, name);
  }

  static String key(String namespace, String name) {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  /** The same in another version. */
  public Stored at(long newVersion) {
    return new Stored(type, namespace, name, uid, newVersion, labels, owners, terminating, tail);
  }

  /** What precedes {@link #tail} in the object's JSON. */
  public byte[] head(String apiVersion, String kind) {
    return ("{\"kind\":\"" + kind + "\",\"apiVersion\":\"" + apiVersion + "\"," + metadata())
        .getBytes(StandardCharsets.UTF_8);
  }

  /** The same for the items of a typed list, which do not repeat apiVersion and kind. */
  public byte[] head() {
    return ("{" + metadata()).getBytes(StandardCharsets.UTF_8);
  }

  private String metadata() {
    return version == 0
        ? "\"metadata\":{" // not stored: the outcome of a dry run
        : "\"metadata\":{\"resourceVersion\":\"" + version + "\",";
  }

  /** The whole object as JSON. */
  public byte[] write(String apiVersion, String kind) {
    if (EventForms.isNewer(apiVersion)) {
      return Json.bytes(Codec.read(this, apiVersion, kind));
    }
    byte[] head = head(apiVersion, kind);
    ByteArrayOutputStream out = new ByteArrayOutputStream(head.length + tail.length);
    out.writeBytes(head);
    out.writeBytes(tail);
    return out.toByteArray();
  }
}
