package dev.holdfast.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** One watch: reconnects where it broke off, from the last version seen. */
final class WatchRun {

  /** Otherwise each event would wait for the next one, to see that nothing trails. */
  private static final ObjectReader ONE_OF_MANY =
      Json.MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final Duration PAUSE = Duration.ofMillis(200);

  /** What brings a server that is in trouble no more load. */
  private static final Duration LONG_PAUSE = Duration.ofSeconds(5);

  private final KubeCluster cluster;
  private final ResourceType type;
  private final String namespace;
  private final Cluster.ListOptions options;
  private final Cluster.EventSink sink;

  WatchRun(
      KubeCluster cluster,
      ResourceType type,
      String namespace,
      Cluster.ListOptions options,
      Cluster.EventSink sink) {
    this.cluster = cluster;
    this.type = type;
    this.namespace = namespace;
    this.options = options;
    this.sink = sink;
  }

  void run(Operation op, String resourceVersion) {
    String version = resourceVersion;
    while (true) {
      op.check();
      String[] seen = {version};
      try (InputStream body = cluster.openWatch(op, type, namespace, options, version);
          JsonParser events = Json.MAPPER.createParser(body)) {
        while (events.nextToken() == JsonToken.START_OBJECT) {
          ObjectNode event = (ObjectNode) ONE_OF_MANY.readTree(events);
          if (!handle(event, seen)) {
            return;
          }
          op.check();
        }
      } catch (Failure.Unreachable | Failure.Throttled e) {
        op.pause(LONG_PAUSE);
      } catch (IOException e) {
        op.pause(PAUSE); // broke off: goes on where it stopped
      }
      version = seen[0];
    }
  }

  /** False to end. */
  private boolean handle(ObjectNode event, String[] seen) {
    String kind = event.path("type").asText();
    ObjectNode object = event.withObjectProperty("object");
    if (kind.equals("ERROR")) {
      int code = object.path("code").asInt(500);
      throw Answers.failure(
          "Watching " + type.groupResource(), code, Json.bytes(object), null, cluster.describe());
    }
    seen[0] = object.path("metadata").path("resourceVersion").asText(seen[0]);
    if (kind.equals("BOOKMARK")) {
      return true;
    }
    var metadata = object.path("metadata");
    var item =
        new Cluster.Item(
            type,
            metadata.path("namespace").asText(),
            metadata.path("name").asText(),
            Json.bytes(object));
    return sink.accept(new Cluster.Event(Cluster.Event.Kind.valueOf(kind), item));
  }
}
