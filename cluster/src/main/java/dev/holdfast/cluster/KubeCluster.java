package dev.holdfast.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@link Cluster} over the API server's HTTP interface. */
final class KubeCluster implements Cluster {

  private static final int PAGE = 500;
  private static final String JSON = "application/json";
  private static final String DISCOVERY =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
          + "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
          + JSON;
  private static final String MANAGER = "holdfast";

  private final Http http;
  private final boolean owner;
  private final @Nullable String user;
  private final List<String> groups;

  KubeCluster(Http http) {
    this(http, true, null, List.of());
  }

  private KubeCluster(Http http, boolean owner, @Nullable String user, List<String> groups) {
    this.http = http;
    this.owner = owner;
    this.user = user;
    this.groups = List.copyOf(groups);
  }

  @Override
  public Discovery discover(Operation op) {
    return new DiscoveryRun(this).run(op);
  }

  /** A document of the API server, for discovery. */
  JsonNode document(Operation op, String path, String what) {
    return http.send(
        op,
        call("GET", path, null, null, DISCOVERY),
        what,
        body -> Json.MAPPER.readTree(body),
        Http.harmless());
  }

  @Override
  public String list(
      Operation op, ResourceType type, String namespace, ListOptions options, ItemSink sink) {
    return new PagedList(op, this, type, namespace, options, sink).run(op);
  }

  /**
   * Fetches one page and has it read, again where it breaks off; returns what the reader does,
   * which knows token and version.
   */
  ListScanner page(
      Operation op,
      ResourceType type,
      String namespace,
      ListOptions options,
      String token,
      Http.Reader<ListScanner> reader) {
    return http.send(
        op, page(type, namespace, options, token), listing(type), reader, Http.harmless());
  }

  /** Asks for one page and returns when the answer begins. */
  InputStream openPage(
      Operation op, ResourceType type, String namespace, ListOptions options, String token) {
    return http.open(op, page(type, namespace, options, token), listing(type));
  }

  private Http.Call page(ResourceType type, String namespace, ListOptions options, String token) {
    StringBuilder path = new StringBuilder(type.path(namespace));
    path.append("?limit=").append(options.pageSize() > 0 ? options.pageSize() : PAGE);
    selectors(path, options);
    if (!token.isEmpty()) {
      path.append("&continue=").append(encode(token));
    }
    return call("GET", path.toString(), null, null, JSON, AdaptiveLimit.Kind.UNTIMED);
  }

  private static String listing(ResourceType type) {
    return "Listing " + type.groupResource();
  }

  private static void selectors(StringBuilder path, ListOptions options) {
    if (options.labelSelector() != null) {
      path.append("&labelSelector=").append(encode(options.labelSelector()));
    }
    if (options.fieldSelector() != null) {
      path.append("&fieldSelector=").append(encode(options.fieldSelector()));
    }
  }

  @Override
  public Optional<Item> get(Operation op, ResourceType type, String namespace, String name) {
    String path = type.path(namespace, encode(name));
    String what = "Getting " + name(type, namespace, name);
    try {
      Item item =
          http.send(
              op,
              call("GET", path, null, null, JSON),
              what,
              body -> item(type, body),
              Http.harmless());
      return Optional.of(item);
    } catch (Failure.Absent e) {
      return Optional.empty();
    }
  }

  @Override
  public Item create(
      Operation op, ResourceType type, String namespace, byte[] json, WriteOptions options) {
    ObjectMark mark = ObjectMark.of(json);
    String path = type.path(namespace) + query(options);
    return http.send(
        op,
        call("POST", path, JSON, json, JSON),
        "Creating " + name(type, namespace, mark.name()),
        body -> item(type, body),
        options.dryRun() ? Http.harmless() : lost -> created(op, type, namespace, mark, lost));
  }

  /** After a lost answer: an object that is there now and says what was sent is ours. */
  private @Nullable Item created(
      Operation op, ResourceType type, String namespace, ObjectMark mark, Failure lost) {
    if (mark.name().isEmpty()) {
      throw new Failure.Unreachable(
          lost.getMessage()
              + "; it may have been created, and is not tried again, because the server chooses"
              + " its name",
          lost.next(),
          lost.getCause());
    }
    return get(op, type, namespace, mark.name()).filter(mark::isIn).orElse(null);
  }

  @Override
  public Item update(
      Operation op,
      ResourceType type,
      String namespace,
      String name,
      byte[] json,
      WriteOptions options) {
    return put(op, type, namespace, name, "", json, options);
  }

  @Override
  public Item updateStatus(
      Operation op, ResourceType type, String namespace, String name, byte[] json) {
    return put(op, type, namespace, name, "/status", json, WriteOptions.NONE);
  }

  private Item put(
      Operation op,
      ResourceType type,
      String namespace,
      String name,
      String sub,
      byte[] json,
      WriteOptions options) {
    String path = type.path(namespace, encode(name)) + sub + query(options);
    ObjectMark mark = ObjectMark.of(json);
    return http.send(
        op,
        call("PUT", path, JSON, json, JSON),
        "Updating " + name(type, namespace, name),
        body -> item(type, body),
        options.dryRun() ? Http.harmless() : lost -> written(op, type, namespace, name, mark));
  }

  /** After a lost answer: an object that says what was sent has been written. */
  private @Nullable Item written(
      Operation op, ResourceType type, String namespace, String name, ObjectMark mark) {
    return get(op, type, namespace, name).filter(mark::isIn).orElse(null);
  }

  @Override
  public Item patch(
      Operation op,
      ResourceType type,
      String namespace,
      String name,
      PatchType patch,
      byte[] json,
      WriteOptions options) {
    String contentType =
        switch (patch) {
          case JSON -> "application/json-patch+json";
          case MERGE -> "application/merge-patch+json";
          case STRATEGIC -> "application/strategic-merge-patch+json";
          case APPLY -> "application/apply-patch+yaml";
        };
    String path = type.path(namespace, encode(name)) + query(options);
    return http.send(
        op,
        call("PATCH", path, contentType, json, JSON),
        "Patching " + name(type, namespace, name),
        body -> item(type, body),
        options.dryRun()
            ? Http.harmless()
            : lost -> patched(op, type, namespace, name, patch, json, lost));
  }

  /** After a lost answer: operations of a JSON patch may not be harmless twice, the others are. */
  private @Nullable Item patched(
      Operation op,
      ResourceType type,
      String namespace,
      String name,
      PatchType patch,
      byte[] json,
      Failure lost) {
    if (patch == PatchType.JSON) {
      throw new Failure.Unreachable(
          lost.getMessage() + "; the patch may have been applied, and is not tried again",
          lost.next(),
          lost.getCause());
    }
    return written(op, type, namespace, name, ObjectMark.of(json));
  }

  @Override
  public void delete(
      Operation op, ResourceType type, String namespace, String name, DeleteOptions options) {
    ObjectNode body = Json.MAPPER.createObjectNode();
    body.put("apiVersion", "v1").put("kind", "DeleteOptions");
    if (options.propagation() != null) {
      body.put("propagationPolicy", options.propagation());
    }
    if (options.dryRun()) {
      body.putArray("dryRun").add("All");
    }
    if (options.uid() != null || options.resourceVersion() != null) {
      ObjectNode preconditions = body.putObject("preconditions");
      if (options.uid() != null) {
        preconditions.put("uid", options.uid());
      }
      if (options.resourceVersion() != null) {
        preconditions.put("resourceVersion", options.resourceVersion());
      }
    }
    String path = type.path(namespace, encode(name));
    var _ =
        http.send(
            op,
            call("DELETE", path, JSON, Json.bytes(body), JSON),
            "Deleting " + name(type, namespace, name),
            InputStream::readAllBytes,
            options.dryRun()
                ? Http.harmless()
                : lost -> deleted(op, type, namespace, name, options.uid()));
  }

  /** After a lost answer: what is gone, going, or another object by now, has been deleted. */
  private byte @Nullable [] deleted(
      Operation op, ResourceType type, String namespace, String name, @Nullable String uid) {
    Optional<Item> there = get(op, type, namespace, name);
    if (there.isPresent()) {
      JsonNode metadata = Json.object(there.get().json(), "The object").path("metadata");
      boolean other = uid != null && !uid.equals(metadata.path("uid").asText());
      if (!other && !metadata.has("deletionTimestamp")) {
        return null;
      }
    }
    return new byte[0];
  }

  @Override
  public void watch(
      Operation op,
      ResourceType type,
      String namespace,
      ListOptions options,
      String resourceVersion,
      EventSink sink) {
    new WatchRun(this, type, namespace, options, sink).run(op, resourceVersion);
  }

  /** Opens one connection of a watch, which the server ends after some minutes. */
  InputStream openWatch(
      Operation op, ResourceType type, String namespace, ListOptions options, String version) {
    StringBuilder path =
        new StringBuilder(type.path(namespace)).append("?watch=true&allowWatchBookmarks=true");
    path.append("&timeoutSeconds=").append(240 + op.random().nextInt(60));
    path.append("&resourceVersion=").append(encode(version));
    selectors(path, options);
    return http.open(
        op,
        call("GET", path.toString(), null, null, JSON, AdaptiveLimit.Kind.UNTIMED),
        "Watching " + type.groupResource());
  }

  @Override
  public Execution exec(Operation op, ExecRequest request) {
    return new ExecRun(http, request).run(op, call("GET", ExecRun.path(request), null, null, JSON));
  }

  @Override
  public InputStream logs(Operation op, String namespace, String pod, LogOptions options) {
    StringBuilder path = new StringBuilder("/api/v1/namespaces/").append(namespace);
    path.append("/pods/").append(pod).append("/log?previous=").append(options.previous());
    if (!options.container().isEmpty()) {
      path.append("&container=").append(encode(options.container()));
    }
    if (options.tailLines() > 0) {
      path.append("&tailLines=").append(options.tailLines());
    }
    return http.open(
        op,
        call("GET", path.toString(), null, null, "*/*", AdaptiveLimit.Kind.UNTIMED),
        "Reading the log of pod " + namespace + "/" + pod);
  }

  @Override
  public boolean may(Operation op, String verb, GroupResource type, String namespace) {
    ObjectNode review = Json.MAPPER.createObjectNode();
    review.put("apiVersion", "authorization.k8s.io/v1").put("kind", "SelfSubjectAccessReview");
    ObjectNode attributes = review.putObject("spec").putObject("resourceAttributes");
    attributes.put("verb", verb).put("group", type.group()).put("resource", type.resource());
    if (!namespace.isEmpty()) {
      attributes.put("namespace", namespace);
    }
    String path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    return http.send(
        op,
        call("POST", path, JSON, Json.bytes(review), JSON),
        "Asking what the caller may do",
        body -> Json.MAPPER.readTree(body).path("status").path("allowed").asBoolean(),
        Http.harmless());
  }

  @Override
  public Cluster as(String user, List<String> groups) {
    return new KubeCluster(http, false, user, groups);
  }

  @Override
  public String id(Operation op) {
    try {
      String path = "/api/v1/namespaces/kube-system";
      return http.send(
          op,
          call("GET", path, null, null, JSON),
          "Getting namespace kube-system",
          body -> Json.MAPPER.readTree(body).path("metadata").path("uid").asText(),
          Http.harmless());
    } catch (Failure.Denied | Failure.Absent e) {
      return "";
    }
  }

  @Override
  public String describe() {
    return http.describe();
  }

  /** Closes the connections, also those of all that {@link #as} made of it. */
  @Override
  public void close() {
    if (owner) {
      http.close();
    }
  }

  private Http.Call call(
      String method,
      String path,
      @Nullable String contentType,
      byte @Nullable [] body,
      String accept) {
    AdaptiveLimit.Kind kind =
        method.equals("GET") ? AdaptiveLimit.Kind.READ : AdaptiveLimit.Kind.WRITE;
    return call(method, path, contentType, body, accept, kind);
  }

  private Http.Call call(
      String method,
      String path,
      @Nullable String contentType,
      byte @Nullable [] body,
      String accept,
      AdaptiveLimit.Kind kind) {
    return new Http.Call(method, path, contentType, body, accept, user, groups, kind);
  }

  private static String query(WriteOptions options) {
    String manager = options.fieldManager() == null ? MANAGER : options.fieldManager();
    StringBuilder query = new StringBuilder("?fieldManager=").append(encode(manager));
    if (options.dryRun()) {
      query.append("&dryRun=All");
    }
    if (options.fieldValidation() != null) {
      query.append("&fieldValidation=").append(options.fieldValidation());
    }
    return query.toString();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static Item item(ResourceType type, InputStream body) throws IOException {
    byte[] json = body.readAllBytes();
    ObjectMark mark = ObjectMark.of(json);
    return new Item(type, mark.namespace(), mark.name(), json);
  }

  private static String name(ResourceType type, String namespace, String name) {
    String shown =
        name.isEmpty() ? type.groupResource().toString() : type.groupResource() + "/" + name;
    return namespace.isEmpty() ? shown : shown + " in namespace " + namespace;
  }
}
