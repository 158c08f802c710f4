package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.Progress;
import dev.holdfast.engine.select.LabelFilter;
import dev.holdfast.engine.select.NamespaceFilter;
import dev.holdfast.engine.select.TypeFilter;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.LabelSelector;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The second stage: lists all that was selected, several types at a time, page by page into the
 * spool. What cannot be listed is reported and the rest goes on.
 */
final class Collect {

  /** One list: a type in a namespace (empty for all), perhaps by a selector. */
  private record Listing(ResourceType type, String namespace, @Nullable LabelSelector selector) {}

  private final Cluster cluster;
  private final Selection selection;
  private final Spool spool;
  private final Changes changes;
  private final Findings findings;
  private final Progress progress;

  /** Namespaces in which something was found. */
  private final Set<String> inhabited = ConcurrentHashMap.newKeySet();

  private final AtomicInteger answered = new AtomicInteger();
  private final AtomicReference<@Nullable Failure> unreachable = new AtomicReference<>();

  Collect(
      Cluster cluster,
      Selection selection,
      Spool spool,
      Changes changes,
      Findings findings,
      Progress progress) {
    this.cluster = cluster;
    this.selection = selection;
    this.spool = spool;
    this.changes = changes;
    this.findings = findings;
    this.progress = progress;
  }

  /**
   * @throws Failure if no list at all was answered
   */
  void collect(Operation op, int parallel) {
    op.forEach(listings().iterator(), parallel, listing -> list(op, listing));
    Failure failure = unreachable.get();
    if (failure != null && answered.get() == 0) {
      throw failure;
    }
    namespaces();
  }

  private List<Listing> listings() {
    NamespaceFilter namespaces = selection.namespaceFilter();
    List<String> named =
        namespaces.allAtOnce()
            ? List.of("")
            : namespaces.named().stream()
                .filter(
                    name -> selection.namespaces().stream().anyMatch(n -> n.name().equals(name)))
                .toList();
    List<Listing> listings = new ArrayList<>();
    for (ResourceType type : selection.types()) {
      for (String namespace : type.namespaced() ? named : List.of("")) {
        if (selection.labels().everything()) {
          listings.add(new Listing(type, namespace, null));
        } else {
          selection.labels().anyOf().forEach(s -> listings.add(new Listing(type, namespace, s)));
        }
      }
    }
    return listings;
  }

  private void list(Operation op, Listing listing) {
    ResourceType type = listing.type();
    var options =
        listing.selector() == null || listing.selector().isEmpty()
            ? Cluster.ListOptions.ALL
            : new Cluster.ListOptions(listing.selector().text(), null, 0);
    AtomicInteger count = new AtomicInteger();
    Findings.About about = Findings.About.type(type.groupResource(), listing.namespace());
    try {
      String version =
          cluster.list(
              op,
              type,
              listing.namespace(),
              options,
              item -> {
                if (keep(item)) {
                  count.incrementAndGet();
                }
              });
      answered.incrementAndGet();
      if (count.get() > 0) {
        changes.follow(type, listing.namespace(), options, version);
      }
      findings.info(about, "collected " + count + " items");
    } catch (Failure.Cancelled | Failure.Full e) {
      throw e;
    } catch (Failure.Absent e) {
      findings.info(about, "is no longer there");
    } catch (Failure.Denied e) {
      if (e.ofEverything()) {
        throw e; // a login that ended is no lack of rights: the rest would be missing, too
      }
      denied(about, type, e);
    } catch (Failure e) {
      unreachable.compareAndSet(null, e);
      findings.error(about, "cannot be listed, its items are not in the backup", e);
    }
  }

  /** What the caller may not see he hardly misses, unless he asked for it by name. */
  private void denied(Findings.About about, ResourceType type, Failure.Denied e) {
    String message = "may not be listed, its items are not in the backup";
    if (selection.typeFilter().names(type)) {
      findings.error(about, message, e);
    } else {
      findings.warning(about, message, e);
    }
  }

  private boolean keep(Cluster.Item item) {
    if (!item.namespace().isEmpty() && !selection.namespaceFilter().includes(item.namespace())) {
      return false;
    }
    var key = Items.key(item);
    if (!item.namespace().isEmpty()) {
      inhabited.add(item.namespace());
    }
    Optional<String> refusal = Wanted.refusal(item.json(), key.toString());
    if (refusal.isPresent()) {
      findings.info(Findings.About.item(key), "left out: " + refusal.get());
      return false;
    }
    spool.add(key, item.type().apiVersion(), item.type().kind(), item.json());
    progress.advance(1, item.json().length);
    return true;
  }

  /**
   * Namespace objects: those that the filter includes, or whose labels a selector matches. With a
   * selector over all namespaces, only those that match it or hold something that does.
   */
  private void namespaces() {
    Optional<ResourceType> type = selection.discovery().find(TypeFilter.NAMESPACES);
    if (type.isEmpty() || !selection.typeFilter().collects(type.get())) {
      return;
    }
    for (Cluster.Item item : selection.namespaces()) {
      ObjectNode namespace = Json.object(item.json(), "Namespace " + item.name());
      if (!namespace.at("/status/phase").asText().equals("Active")) {
        findings.info(Findings.About.item(Items.key(item)), "left out: it is not Active");
      } else if (chosen(item.name(), namespace)
          && Wanted.refusal(item.json(), item.name()).isEmpty()) {
        spool.add(Items.key(item), type.get().apiVersion(), type.get().kind(), item.json());
        progress.advance(1, item.json().length);
      }
    }
  }

  private boolean chosen(String name, ObjectNode namespace) {
    NamespaceFilter filter = selection.namespaceFilter();
    LabelFilter labels = selection.labels();
    if (!labels.everything() && labels.matches(Items.labels(namespace))) {
      return true;
    }
    boolean onlyInhabited = filter.everything() && !labels.everything();
    return inhabited.contains(name) || !onlyInhabited && filter.includes(name);
  }
}
