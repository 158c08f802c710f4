package dev.holdfast.sandbox.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import dev.holdfast.sandbox.schema.ServedType;
import dev.holdfast.sandbox.status.ApiError;
import dev.holdfast.sandbox.store.Codec;
import dev.holdfast.sandbox.store.EventForms;
import dev.holdfast.sandbox.store.ObjectStore;
import dev.holdfast.sandbox.store.Shelf;
import dev.holdfast.sandbox.store.Stored;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** get and list. Pages of one list all show the state that its first page showed. */
final class Reader {

  /** How long the later pages of a list can be asked for. */
  private static final Duration PAGES_LIVE = Duration.ofMinutes(5);

  private final ObjectStore store;
  private final Map<String, Pinned> pinned = new LinkedHashMap<>();

  private record Pinned(Shelf.View view, long nanos) {}

  /** Where a list goes on. */
  private record Continue(long version, String after) {
    String token() {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString((version + " " + after).getBytes(StandardCharsets.UTF_8));
    }

    static Continue parse(String token) {
      try {
        String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        int space = text.indexOf(' ');
        return new Continue(Long.parseLong(text.substring(0, space)), text.substring(space + 1));
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw ApiError.badRequest("continue key is not valid: " + e.getMessage());
      }
    }
  }

  private final LongSupplier behind;

  /**
   * @param behind how many changes a list lies behind that may come from a cache; a fault
   */
  Reader(ObjectStore store, LongSupplier behind) {
    this.store = store;
    this.behind = behind;
  }

  /** The state that a list without a continue token shows. */
  private Shelf.View first(Request request, Target target) {
    Shelf shelf = store.shelf(target.type().storage());
    String version = request.parameter("resourceVersion");
    boolean exact =
        request.parameter("resourceVersionMatch").equals("Exact")
            || number(request, "limit") > 0
                && request.parameter("resourceVersionMatch").isEmpty()
                && !version.isEmpty()
                && !version.equals("0");
    Shelf.View view = null;
    if (exact) {
      view = shelf.at(Long.parseLong(version));
      if (view == null) {
        throw ApiError.gone("The resourceVersion for the provided list is too old.");
      }
    } else if (version.equals("0") && behind.getAsLong() > 0) {
      view = shelf.at(Math.max(1, store.version() - behind.getAsLong()));
    }
    return view == null ? store.view(target.type().storage()) : view;
  }

  Stored get(Target target) {
    ServedType type = target.type();
    Stored stored = store.get(type.storage(), target.namespace(), target.name());
    if (stored == null) {
      throw ApiError.notFound(type.group(), type.resource(), target.name());
    }
    return stored;
  }

  Response one(Request request, Target target) {
    Representation form = Representation.of(request);
    Stored stored = get(target);
    return form == Representation.WHOLE
        ? Response.json(200, stored.write(target.type().apiVersion(), target.type().kind()))
        : Response.json(200, form.one(request, target.type(), stored));
  }

  Response list(Request request, Target target) {
    ListOptions.check(request, store.version());
    Representation form = Representation.of(request);
    long limit = number(request, "limit");
    String token = request.parameter("continue");
    Continue from = token.isEmpty() ? null : Continue.parse(token);
    Shelf.View view = from == null ? first(request, target) : pinned(target, from);
    Predicate<Stored> selector = Selectors.of(request, target);
    List<Stored> page = new ArrayList<>();
    boolean[] more = {false};
    long[] rest = {0};
    boolean count = limit > 0 && !Selectors.selects(request);
    view.walk(
        target.namespace(),
        from == null ? "" : from.after(),
        stored -> {
          if (!selector.test(stored)) {
            return true;
          }
          if (limit > 0 && page.size() == limit) {
            more[0] = true;
            rest[0]++;
            return count;
          }
          page.add(stored);
          return true;
        });
    ObjectNode metadata = Json.MAPPER.createObjectNode();
    metadata.put("resourceVersion", String.valueOf(view.version()));
    if (target.type().custom() && form != Representation.TABLE) {
      metadata.put("continue", "");
    }
    if (more[0]) {
      metadata.put("continue", pin(target, view, page.getLast().key()));
      if (count) {
        metadata.put("remainingItemCount", rest[0]);
      }
    }
    return form == Representation.WHOLE
        ? answer(target.type(), metadata, page)
        : Response.json(200, form.list(request, target.type(), metadata, page));
  }

  static long number(Request request, String parameter) {
    String text = request.parameter(parameter);
    try {
      return text.isEmpty() ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiError.badRequest("strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
    }
  }

  private static Response answer(ServedType type, ObjectNode metadata, List<Stored> page) {
    byte[] head =
        ("{\"kind\":\""
                + type.kind()
                + "List\",\"apiVersion\":\""
                + type.apiVersion()
                + "\",\"metadata\":"
                + metadata
                + ",\"items\":[")
            .getBytes(StandardCharsets.UTF_8);
    long length = head.length + 2L + Math.max(0, page.size() - 1);
    List<byte[]> heads = new ArrayList<>(page.size());
    boolean custom = type.custom();
    if (EventForms.isNewer(type.apiVersion())) {
      return newerEvents(type, metadata, page);
    }
    for (Stored stored : page) {
      byte[] itemHead = custom ? stored.head(type.apiVersion(), type.kind()) : stored.head();
      heads.add(itemHead);
      length += itemHead.length + stored.tail().length;
    }
    return new Response(
        200,
        "application/json",
        Map.of(),
        length,
        out -> {
          out.write(head);
          for (int i = 0; i < page.size(); i++) {
            if (i > 0) {
              out.write(',');
            }
            out.write(heads.get(i));
            out.write(page.get(i).tail());
          }
          out.write(']');
          out.write('}');
        });
  }

  private static Response newerEvents(ServedType type, ObjectNode metadata, List<Stored> page) {
    ObjectNode list = Json.MAPPER.createObjectNode();
    list.put("kind", "EventList").put("apiVersion", type.apiVersion()).set("metadata", metadata);
    page.forEach(
        each -> list.withArray("items").add(Codec.read(each, type.apiVersion(), type.kind())));
    return Response.json(200, list);
  }

  private String pin(Target target, Shelf.View view, String after) {
    long now = System.nanoTime();
    synchronized (pinned) {
      Iterator<Pinned> oldest = pinned.values().iterator();
      while (oldest.hasNext() && now - oldest.next().nanos() > PAGES_LIVE.toNanos()) {
        oldest.remove();
      }
      pinned.putIfAbsent(key(target, view.version()), new Pinned(view, now));
    }
    return new Continue(view.version(), after).token();
  }

  private static String key(Target target, long version) {
    return target.type().storage() + "@" + version;
  }

  private Shelf.View pinned(Target target, Continue from) {
    @Nullable Pinned found;
    synchronized (pinned) {
      found = pinned.get(key(target, from.version()));
    }
    if (found == null || System.nanoTime() - found.nanos() > PAGES_LIVE.toNanos()) {
      throw ApiError.gone(
          "The provided continue parameter is too old to display a consistent list result. You can"
              + " start a new list without the continue parameter.");
    }
    return found.view();
  }
}
