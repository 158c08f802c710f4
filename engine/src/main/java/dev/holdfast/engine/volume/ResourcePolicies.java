package dev.holdfast.engine.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Failure;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The volume policies of Velero's resource policies (velero.md 4.8), {@code version: v1}: the first
 * rule all of whose conditions hold decides what becomes of a volume.
 */
public record ResourcePolicies(List<Rule> rules) {

  public static final ResourcePolicies NONE = new ResourcePolicies(List.of());

  /** What becomes of a volume. */
  public enum Action {
    SKIP("skip"),
    FS_BACKUP("fs-backup"),
    SNAPSHOT("snapshot"),
    CUSTOM("custom");

    private final String text;

    Action(String text) {
      this.text = text;
    }

    /** As it is written in a policy. */
    public String text() {
      return text;
    }

    static Optional<Action> of(String text) {
      return List.of(values()).stream().filter(each -> each.text.equals(text)).findFirst();
    }
  }

  /**
   * A rule.
   *
   * @param parameters such as {@code snapshotClass}
   */
  public record Rule(Conditions conditions, Action action, Map<String, String> parameters) {
    public Rule {
      parameters = Map.copyOf(parameters);
    }
  }

  /** A range of bytes, both ends in it; null for no end. */
  record Capacity(@Nullable BigDecimal lower, @Nullable BigDecimal upper) {
    boolean contains(BigDecimal size) {
      return (lower == null || size.compareTo(lower) >= 0)
          && (upper == null || size.compareTo(upper) <= 0);
    }
  }

  /** An NFS source; an empty server or path is any. */
  record Nfs(String server, String path) {
    boolean matches(VolumeFacts volume) {
      return volume.nfs().isObject()
          && (server.isEmpty() || server.equals(volume.nfs().path("server").asText()))
          && (path.isEmpty() || path.equals(volume.nfs().path("path").asText()));
    }
  }

  /** A CSI source; an empty driver is any. */
  record Csi(String driver, Map<String, String> attributes) {
    Csi {
      attributes = Map.copyOf(attributes);
    }

    boolean matches(VolumeFacts volume) {
      return volume.csi().isObject()
          && (driver.isEmpty() || driver.equals(volume.csi().path("driver").asText()))
          && attributes.entrySet().stream()
              .allMatch(each -> has(volume, each.getKey(), each.getValue()));
    }

    private static boolean has(VolumeFacts volume, String attribute, String value) {
      JsonNode attributes = volume.csi().path("volumeAttributes");
      return attributes.has(attribute) && attributes.path(attribute).asText().equals(value);
    }
  }

  /** What must hold; null and empty lists say nothing. */
  record Conditions(
      @Nullable Capacity capacity,
      List<String> storageClasses,
      @Nullable Nfs nfs,
      @Nullable Csi csi,
      List<String> types,
      Map<String, String> claimLabels,
      List<String> claimPhases,
      String claimMode,
      List<String> claimAccessModes) {

    boolean match(VolumeFacts volume) {
      return (capacity == null || capacity.contains(volume.capacity()))
          && (storageClasses.isEmpty() || storageClasses.contains(volume.storageClass()))
          && (nfs == null || nfs.matches(volume))
          && (csi == null || csi.matches(volume))
          && (types.isEmpty() || types.contains(volume.type()))
          && volume.claimLabels().entrySet().containsAll(claimLabels.entrySet())
          && (claimPhases.isEmpty() || claimPhases.contains(volume.claimPhase()))
          && (claimMode.isEmpty() || claimMode.equals(volume.claimMode()))
          && (claimAccessModes.isEmpty()
              || volume.claimAccessModes().stream().anyMatch(claimAccessModes::contains));
    }
  }

  public ResourcePolicies {
    rules = List.copyOf(rules);
  }

  /**
   * Reads the YAML that Velero's ConfigMap holds.
   *
   * @throws Failure.Invalid if it is none, or says something that is not known
   * @throws Failure.Unsupported if it filters items, which is for the backup's spec to say
   */
  public static ResourcePolicies parse(String yaml) {
    return new PolicyParser(yaml).parse();
  }

  /** The rule that decides; empty if none does. */
  public Optional<Rule> match(VolumeFacts volume) {
    return rules.stream().filter(rule -> rule.conditions().match(volume)).findFirst();
  }
}
