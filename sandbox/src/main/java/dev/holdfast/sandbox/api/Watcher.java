package dev.holdfast.sandbox.api;

import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Shelf;
import dev.holdfast.sandbox.store.Stored;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * watch: a stream of events, one JSON document a line. It holds nothing but the version it has sent
 * up to; what follows is asked of the {@link Shelf}.
 */
final class Watcher {

  /** A watch without timeoutSeconds ends after this, as a real server's do after 30 to 60 min. */
  private static final long LONGEST_SECONDS = 45 * 60;

  private static final long BOOKMARK_SECONDS = 60;

  private final ObjectStore store;
  private final BooleanSupplier running;
  private final BooleanSupplier stalled;
  private final boolean upgrades;

  /**
   * @param running false once the server ends
   * @param stalled true while watches are to send nothing
   * @param upgrades whether connections can become WebSockets
   */
  Watcher(ObjectStore store, BooleanSupplier running, BooleanSupplier stalled, boolean upgrades) {
    this.store = store;
    this.upgrades = upgrades;
    this.running = running;
    this.stalled = stalled;
  }

  /**
   * Over a WebSocket each event is a text message, whatever protocol the client names: the one that
   * it names is confirmed. It must say its origin, any. Where the server below cannot change
   * protocols, a client that asks for one gets an empty 200, upon which it asks again without: it
   * would wait for the end of a stream that is no WebSocket.
   */
  Response watch(Request request, Target target) {
    if (request.wantsWebSocket() && !upgrades) {
      return Response.text(200, "application/json", new byte[0]);
    }
    if (request.wantsWebSocket() && request.header("origin") == null) {
      return Response.text(403, "text/plain", new byte[0]); // as Go's package for WebSockets
    }
    String protocols = request.header("sec-websocket-protocol");
    if (request.wantsWebSocket() && protocols != null && protocols.contains(",")) {
      return Response.text(400, "text/plain", new byte[0]); // it cannot choose
    }
    ListOptions.check(request, Long.MAX_VALUE);
    Predicate<Stored> selector = Selectors.of(request, target);
    String from = request.parameter("resourceVersion");
    long version = version(from);
    boolean initial = from.isEmpty() || version == 0 || request.flag("sendInitialEvents");
    Shelf.@Nullable View start = initial ? store.view(target.type().storage()) : null;
    return request.wantsWebSocket()
        ? WebSocket.upgrade(
            request,
            protocols == null ? "" : protocols.strip(),
            new Response.Conversation() {
              @Override
              public void converse(InputStream in, OutputStream out) throws IOException {
                WebSocket socket = new WebSocket(in, out);
                Thread reader = Thread.ofVirtual().start(() -> listen(socket));
                new Stream(request, target, selector, new Messages(socket), reader::isAlive)
                    .run(start, version);
                socket.close(1000);
              }
            })
        : Response.stream(
            "application/json",
            out -> new Stream(request, target, selector, out, () -> true).run(start, version));
  }

  /** Until the client goes; it has nothing to say. */
  private static void listen(WebSocket socket) {
    try {
      while (socket.read() != null) {
        // dropped, as a real server does
      }
    } catch (IOException e) {
      // the connection broke
    }
  }

  /** Lines that are sent as messages. */
  private static final class Messages extends OutputStream {
    private final WebSocket socket;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Messages(WebSocket socket) {
      this.socket = socket;
    }

    @Override
    public void write(int b) throws IOException {
      line.write(b);
      if (b == '\n') {
        socket.sendText(line.toByteArray());
        line.reset();
      }
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      line.write(bytes, from, length);
    }
  }

  private static long version(String text) {
    try {
      return text.isEmpty() ? 0 : Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw ApiError.of(
          500,
          "",
          "resourceVersion: Invalid value: \""
              + text
              + "\": strconv.ParseUint: parsing \""
              + text
              + "\": invalid syntax",
          null);
    }
  }

  private final class Stream {
    private final Request request;
    private final ServedType type;
    private final String namespace;
    private final Predicate<Stored> selector;
    private final OutputStream out;
    private final BooleanSupplier open;
    private final boolean bookmarks;
    private final Representation form;

    /** Only the first event of a table tells its columns. */
    private boolean first = true;

    Stream(
        Request request,
        Target target,
        Predicate<Stored> selector,
        OutputStream out,
        BooleanSupplier open) {
      this.open = open;
      this.request = request;
      this.type = target.type();
      this.namespace = target.namespace();
      this.selector =
          stored ->
              (namespace.isEmpty() || stored.namespace().equals(namespace))
                  && selector.test(stored);
      this.out = out;
      bookmarks = request.flag("allowWatchBookmarks");
      form = Representation.of(request);
    }

    void run(Shelf.@Nullable View start, long version) throws IOException {
      long seconds = Reader.number(request, "timeoutSeconds");
      long end =
          System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds > 0 ? seconds : LONGEST_SECONDS);
      long sent = start == null ? version : initial(start);
      out.flush();
      Shelf shelf = store.shelf(type.storage());
      long bookmark = System.nanoTime();
      try {
        while (running.getAsBoolean() && open.getAsBoolean()) {
          long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
          if (left <= 0) {
            return;
          }
          if (stalled.getAsBoolean()) {
            Thread.sleep(Math.min(left, 20));
            continue;
          }
          List<Change> changes = shelf.after(sent, Math.min(left, 1000));
          if (changes == null) {
            send("ERROR", ApiError.gone("too old resource version: " + sent).body());
            out.flush();
            return;
          }
          for (Change change : changes) {
            event(change);
            sent = change.version();
          }
          if (bookmarks
              && System.nanoTime() - bookmark > TimeUnit.SECONDS.toNanos(BOOKMARK_SECONDS)) {
            bookmark(Math.max(sent, store.view(type.storage()).version()), false);
            bookmark = System.nanoTime();
          }
          if (!changes.isEmpty()) {
            out.flush();
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private long initial(Shelf.View start) throws IOException {
      IOException[] failed = {null};
      start.walk(
          namespace,
          "",
          stored -> {
            try {
              if (selector.test(stored)) {
                send("ADDED", stored);
              }
              return true;
            } catch (IOException e) {
              failed[0] = e;
              return false;
            }
          });
      if (failed[0] != null) {
        throw failed[0];
      }
      if (bookmarks && request.flag("sendInitialEvents")) {
        bookmark(start.version(), true);
      }
      return start.version();
    }

    /** An object that enters the selection is added to it, one that leaves it deleted from it. */
    private void event(Change change) throws IOException {
      boolean before = change.before() != null && selector.test(change.before());
      boolean after = change.after() != null && selector.test(change.after());
      if (after) {
        send(before ? "MODIFIED" : "ADDED", change.object());
      } else if (before) {
        send("DELETED", change.last());
      }
    }

    private void bookmark(long version, boolean endOfInitial) throws IOException {
      String annotations =
          endOfInitial ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
      send(
          "BOOKMARK",
          ("{\"kind\":\""
                  + type.kind()
                  + "\",\"apiVersion\":\""
                  + type.apiVersion()
                  + "\",\"metadata\":{\"resourceVersion\":\""
                  + version
                  + "\""
                  + annotations
                  + "}}")
              .getBytes(StandardCharsets.UTF_8));
    }

    private void send(String kind, Stored stored) throws IOException {
      byte[] object =
          form == Representation.WHOLE
              ? stored.write(type.apiVersion(), type.kind())
              : Json.bytes(form.event(request, type, stored, first));
      first = false;
      send(kind, object);
    }

    private void send(String kind, byte[] object) throws IOException {
      out.write(("{\"type\":\"" + kind + "\",\"object\":").getBytes(StandardCharsets.UTF_8));
      out.write(object);
      out.write('}');
      out.write('\n');
    }
  }
}
