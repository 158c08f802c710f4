package dev.holdfast.engine.restore;

import dev.holdfast.archive.Documents;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.archive.RestoreKeys;
import dev.holdfast.archive.Results;
import dev.holdfast.archive.RunLog;
import dev.holdfast.engine.spool.Spool;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The records of a restore below {@code restores/R/}, as Velero writes them (velero.md 1.4): log,
 * results, resource list, item operations, volumes. All of them follow from the ledger, so that a
 * restore that was resumed has the same ones as one that was not disturbed.
 */
final class RestoreRecords {

  private final String restore;
  private final Spool spool;
  private final Ledger ledger;

  private final List<String> notes = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();

  RestoreRecords(String restore, Spool spool, Ledger ledger) {
    this.restore = restore;
    this.spool = spool;
    this.ledger = ledger;
  }

  /** Only for the log. */
  void note(String sentence) {
    notes.add(sentence);
  }

  /** Something about the restore as a whole. */
  void warning(String sentence) {
    warnings.add(sentence);
  }

  /** Something about the restore as a whole that is missing in the cluster. */
  void error(String sentence) {
    errors.add(sentence);
  }

  Results results() {
    Section warned = new Section(warnings);
    Section failed = new Section(errors);
    ledger.forEach(result -> {
      result.warnings().forEach(text -> warned.add(result.target(), text));
      if (result.error() != null) {
        failed.add(result.target(), "error restoring " + result.target() + ": " + result.error());
      }
    });
    return new Results(warned.done(), failed.done());
  }

  private static final class Section {
    private final List<String> general;
    private final List<String> cluster = new ArrayList<>();
    private final Map<String, List<String>> namespaces = new TreeMap<>();

    Section(List<String> general) {
      this.general = general;
    }

    void add(ItemKey target, String text) {
      if (target.namespaced()) {
        namespaces.computeIfAbsent(target.namespace(), _ -> new ArrayList<>()).add(text);
      } else {
        cluster.add(text);
      }
    }

    Results.Section done() {
      return new Results.Section(general, cluster, namespaces);
    }
  }

  ResourceList resourceList() {
    ResourceList.Builder list = new ResourceList.Builder();
    ledger.forEach(result -> {
      var number = spool.find(result.source());
      String apiVersion = number.isPresent() ? spool.apiVersion(number.getAsInt()) : "v1";
      String kind = number.isPresent() ? spool.kind(number.getAsInt()) : "Namespace";
      list.add(
          apiVersion,
          kind,
          result.target().namespace(),
          result.target().name(),
          result.outcome().velero());
    });
    return list.build();
  }

  /** Writes them all; written again, they are the same. */
  void publish(Operation op, ObjectStore store, Results results) {
    RestoreKeys keys = new RestoreKeys(restore);
    put(op, store, keys.logs(), log(op));
    put(op, store, keys.results(), results.toBytes());
    put(op, store, keys.resourceList(), resourceList().toBytes());
    put(op, store, keys.itemOperations(), Documents.all(List.of()));
    put(op, store, keys.volumeInfo(), Documents.all(List.of()));
  }

  private static void put(Operation op, ObjectStore store, String key, byte[] body) {
    var _ = store.put(op, key, body, PutOptions.NONE);
  }

  private byte[] log(Operation op) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (RunLog log = new RunLog(bytes, op.clock(), "restore", "velero/" + restore)) {
      log.info("Starting restore", Map.of());
      notes.forEach(text -> log.info(text, Map.of()));
      warnings.forEach(text -> log.warning(text, Map.of()));
      errors.forEach(text -> log.error(text, Map.of()));
      ledger.forEach(result -> line(log, result));
      log.info("restore completed", Map.of());
    }
    return bytes.toByteArray();
  }

  private static void line(RunLog log, ItemResult result) {
    Map<String, String> fields =
        Map.of(
            "groupResource", result.target().type().toString(),
            "namespace", result.target().namespace(),
            "name", result.target().name());
    result.warnings().forEach(text -> log.warning(text, fields));
    if (result.error() != null) {
      log.error("error restoring " + result.target() + ": " + result.error(), fields);
    } else {
      String reason = result.reason() == null ? "" : ": " + result.reason();
      log.info("Item " + result.outcome().text() + reason, fields);
    }
  }
}
