package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.BackupKeys;
import dev.holdfast.archive.Claim;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.Backup;
import dev.holdfast.store.ObjectStore;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Deletes backups that a policy no longer keeps, and what dead runs left. Backups of one schedule,
 * or of equal filters, are judged together: three of a shop do not push out the last one of a bank.
 */
public final class Pruning {

  private final Backups backups;
  private final ObjectStore store;

  Pruning(Backups backups, ObjectStore store) {
    this.backups = backups;
    this.store = store;
  }

  /**
   * What becomes of one backup.
   *
   * @param reason which rules keep it, or why it goes
   */
  public record Decision(String name, boolean keep, String reason) {}

  private record Candidate(String name, Backup document, Instant time, String phase) {
    boolean complete() {
      return phase.equals("Completed");
    }

    boolean restorable() {
      return complete() || phase.equals("PartiallyFailed");
    }
  }

  List<Decision> prune(Operation op, KeepPolicy policy, boolean dryRun) {
    Map<String, Decision> decisions = new TreeMap<>();
    Map<String, List<Candidate>> groups = new TreeMap<>();
    Set<String> listed = new HashSet<>();
    for (Backups.Listed backup : backups.list(op)) {
      listed.add(backup.name());
      Backup document = backup.document();
      Instant time = document == null ? null : time(document);
      if (document == null || time == null) {
        decisions.put(
            backup.name(), new Decision(backup.name(), true, "cannot be read, is not touched"));
      } else {
        groups
            .computeIfAbsent(group(document), _ -> new ArrayList<>())
            .add(new Candidate(backup.name(), document, time, backup.phase()));
      }
    }
    groups
        .values()
        .forEach(group -> judge(group, policy, op.now()).forEach(d -> decisions.put(d.name(), d)));
    remains(op, listed).forEach(d -> decisions.put(d.name(), d));
    if (!dryRun) {
      decisions.values().stream().filter(d -> !d.keep()).forEach(d -> delete(op, d, listed));
    }
    return List.copyOf(decisions.values());
  }

  private void delete(Operation op, Decision decision, Set<String> listed) {
    if (listed.contains(decision.name())) {
      backups.delete(op, decision.name());
    } else {
      backups.deleteFolder(op, new BackupKeys(decision.name()).root());
    }
  }

  private List<Decision> remains(Operation op, Set<String> listed) {
    List<Decision> decisions = new ArrayList<>();
    for (String name : backups.folders(op)) {
      if (!listed.contains(name) && !backups.exists(op, name)) {
        Remains remains = Remains.of(op, store, new BackupKeys(name));
        decisions.add(
            remains.live(op.now())
                ? new Decision(name, true, "is being written")
                : new Decision(
                    name,
                    false,
                    "left by a run that ended before it was done, "
                        + remains.bytes()
                        + " bytes, untouched for "
                        + Claim.DEAD_AFTER.toHours()
                        + " h"));
      }
    }
    return decisions;
  }

  private static List<Decision> judge(List<Candidate> group, KeepPolicy policy, Instant now) {
    group.sort(Comparator.comparing(Candidate::time).reversed().thenComparing(Candidate::name));
    Map<String, List<String>> reasons = new HashMap<>();
    List<Candidate> restorable = group.stream().filter(Candidate::restorable).toList();
    keep(restorable, policy.last(), Candidate::name, "last", reasons);
    keep(restorable, policy.daily(), c -> day(c).toString(), "daily", reasons);
    keep(restorable, policy.weekly(), Pruning::week, "weekly", reasons);
    keep(restorable, policy.monthly(), c -> day(c).toString().substring(0, 7), "monthly", reasons);
    keep(restorable, policy.yearly(), c -> String.valueOf(day(c).getYear()), "yearly", reasons);
    for (Candidate candidate : group) {
      if (policy.within() != null && candidate.time().isAfter(now.minus(policy.within()))) {
        note(reasons, candidate, "within");
      }
    }
    @Nullable Candidate safest =
        restorable.stream().filter(Candidate::complete).findFirst().orElse(null);
    return group.stream()
        .map(candidate -> decide(candidate, safest, policy, reasons, now))
        .toList();
  }

  private static Decision decide(
      Candidate candidate,
      @Nullable Candidate safest,
      KeepPolicy policy,
      Map<String, List<String>> reasons,
      Instant now) {
    String name = candidate.name();
    if (candidate.equals(safest)) {
      return new Decision(name, true, "the newest that is complete");
    }
    if (policy.expired() && expired(candidate.document(), now)) {
      return new Decision(name, false, "its ttl has passed");
    }
    if (!policy.hasRules()) {
      return new Decision(name, true, "no rule says otherwise");
    }
    List<String> rules = reasons.get(name);
    if (rules != null) {
      return new Decision(name, true, String.join(", ", rules));
    }
    boolean superseded = safest != null && safest.time().isAfter(candidate.time());
    if (!candidate.restorable() && !superseded) {
      return new Decision(name, true, candidate.phase() + ", and no later one is complete");
    }
    return new Decision(
        name, false, candidate.restorable() ? "no rule keeps it" : candidate.phase());
  }

  /** Keeps the newest of each of the first so many buckets. */
  private static void keep(
      List<Candidate> newestFirst,
      int count,
      Function<Candidate, String> bucket,
      String rule,
      Map<String, List<String>> reasons) {
    Set<String> seen = new HashSet<>();
    for (Candidate candidate : newestFirst) {
      if (seen.size() == count) {
        return;
      }
      if (seen.add(bucket.apply(candidate))) {
        note(reasons, candidate, rule);
      }
    }
  }

  private static void note(Map<String, List<String>> reasons, Candidate candidate, String rule) {
    reasons.computeIfAbsent(candidate.name(), _ -> new ArrayList<>()).add(rule);
  }

  private static LocalDate day(Candidate candidate) {
    return candidate.time().atZone(ZoneOffset.UTC).toLocalDate();
  }

  private static String week(Candidate candidate) {
    LocalDate day = day(candidate);
    return day.get(IsoFields.WEEK_BASED_YEAR) + "-" + day.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
  }

  private static boolean expired(Backup document, Instant now) {
    Backup.Status status = document.status();
    Instant expiration = status == null ? null : parse(status.expiration());
    return expiration != null && expiration.isBefore(now);
  }

  private static @Nullable Instant time(Backup document) {
    Backup.Status status = document.status();
    Instant started = status == null ? null : parse(status.startTimestamp());
    return started == null ? parse(document.metadata().creationTimestamp()) : started;
  }

  private static @Nullable Instant parse(@Nullable String time) {
    try {
      return time == null ? null : Instant.parse(time);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** Backups of one schedule, or else those that ask for the same. */
  private static String group(Backup document) {
    String schedule = document.metadata().labelsOrEmpty().get("velero.io/schedule-name");
    if (schedule != null || document.spec() == null) {
      return "schedule " + schedule;
    }
    ObjectNode spec = Json.tree(document.spec());
    spec.retain(
        "includedNamespaces",
        "excludedNamespaces",
        "includedResources",
        "excludedResources",
        "includedClusterScopedResources",
        "excludedClusterScopedResources",
        "includedNamespaceScopedResources",
        "excludedNamespaceScopedResources",
        "includeClusterResources",
        "labelSelector",
        "orLabelSelectors");
    return "filters " + Json.string(spec);
  }
}
