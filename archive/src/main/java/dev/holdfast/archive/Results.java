package dev.holdfast.archive;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Warnings and errors of a backup or restore: {@code N-results.gz} (velero.md 1.2). */
@JsonPropertyOrder({"errors", "warnings"})
public record Results(
    @JsonInclude(JsonInclude.Include.ALWAYS) Section warnings,
    @JsonInclude(JsonInclude.Include.ALWAYS) Section errors) {

  public static final Results NONE = new Results(Section.NONE, Section.NONE);

  @SuppressWarnings("NullAway") // an old or foreign file may lack either
  public Results {
    warnings = warnings == null ? Section.NONE : warnings;
    errors = errors == null ? Section.NONE : errors;
  }

  /** Messages: of the engine itself, about cluster-scoped items, and by namespace. */
  @JsonPropertyOrder({"velero", "cluster", "namespaces"})
  public record Section(
      @Nullable List<String> velero,
      @Nullable List<String> cluster,
      @Nullable Map<String, List<String>> namespaces) {

    public static final Section NONE = new Section(List.of(), List.of(), Map.of());

    public Section {
      velero = velero == null ? List.of() : List.copyOf(velero);
      cluster = cluster == null ? List.of() : List.copyOf(cluster);
      Map<String, List<String>> sorted = new TreeMap<>();
      if (namespaces != null) {
        namespaces.forEach((ns, lines) -> sorted.put(ns, lines == null ? List.of() : lines));
      }
      namespaces = sorted;
    }

    /** How many messages in all: {@code status.warnings} or {@code status.errors}. */
    public int count() {
      return all().size();
    }

    /** Every message, the engine's first. */
    public List<String> all() {
      List<String> lines = new ArrayList<>(velero == null ? List.of() : velero);
      lines.addAll(cluster == null ? List.of() : cluster);
      if (namespaces != null) {
        namespaces.values().forEach(lines::addAll);
      }
      return lines;
    }
  }

  /** The gzipped file. */
  public byte[] toBytes() {
    return Gzip.compress(GoJson.line(this));
  }

  /**
   * @throws dev.holdfast.model.Failure.Corrupt naming {@code what}
   */
  public static Results read(byte[] gzip, String what) {
    return Json.read(Gzip.decompress(gzip, what), Results.class, what);
  }
}
