package dev.holdfast.repository.forget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.Restic;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.snapshot.SavedSnapshot;
import dev.holdfast.repository.snapshot.Snapshot;
import dev.holdfast.repository.snapshot.SnapshotFilter;
import dev.holdfast.repository.snapshot.SnapshotGroup;
import dev.holdfast.repository.snapshot.Snapshots;
import dev.holdfast.repository.tree.GoTime;
import dev.holdfast.store.DirectoryStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy keeps the snapshots that restic keeps, for the reasons that restic gives. */
@Tag("EBS-24")
class KeepPolicyTest {

  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final List<String> WORDS =
      List.of("hourly", "daily", "weekly", "monthly", "yearly");

  @TempDir Path folder;
  private final Operation op = Operation.start();

  /** A policy, and the flags that say it. */
  private record Said(KeepPolicy policy, List<String> flags) {}

  @Test
  void keepsWhatResticKeeps() throws Exception {
    Restic.assumeInstalled();
    boolean current = Restic.isAtLeast(16); // since then "unlimited", and the oldest is kept, too
    int[] number = {0};
    Seeded.check(
        3,
        random -> {
          Path place = folder.resolve("repository" + number[0]++);
          Repository repository = makeSnapshots(random, place);
          Restic restic = new Restic(place, "kelp", folder).with("TZ", BERLIN.getId());
          List<SavedSnapshot> all = new Snapshots(repository).list(op, SnapshotFilter.ALL);
          for (int i = 0; i < 4; i++) {
            Said said = policy(random, current);
            String groupBy =
                Seeded.pick(random, List.of("host,paths", "", "host", "paths,tags", "tags"));
            List<String> words = new ArrayList<>(List.of("forget", "-n", "--no-lock", "--json"));
            words.addAll(List.of("--group-by", groupBy));
            words.addAll(said.flags());
            Restic.Answer answer = restic.run(folder, words.toArray(String[]::new));
            Map<String, List<String>> ours = ours(all, groupBy, said.policy(), current);
            if (answer.out().contains("refusing to delete last snapshot")) {
              assertThat(refused(all, groupBy, said.policy())).as(words.toString()).isTrue();
            } else {
              assertThat(theirs(answer.out())).as(words.toString()).isEqualTo(ours);
            }
          }
        });
  }

  private static boolean refused(List<SavedSnapshot> all, String groupBy, KeepPolicy policy) {
    return SnapshotGroup.group(all, SnapshotGroup.By.parse(groupBy)).stream()
        .anyMatch(group -> policy.apply(group.snapshots(), Instant.now(), BERLIN).keep().isEmpty());
  }

  /** Group → kept with their reasons, then removed. */
  private static Map<String, List<String>> ours(
      List<SavedSnapshot> all, String groupBy, KeepPolicy policy, boolean current) {
    Map<String, List<String>> groups = new TreeMap<>();
    for (SnapshotGroup group : SnapshotGroup.group(all, SnapshotGroup.By.parse(groupBy))) {
      KeepPolicy.Verdict verdict = policy.apply(group.snapshots(), Instant.now(), BERLIN);
      List<String> keep = new ArrayList<>();
      List<String> remove = new ArrayList<>();
      for (KeepPolicy.Kept kept : verdict.keep()) {
        List<String> reasons =
            kept.reasons().stream()
                .filter(reason -> current || !reason.startsWith("oldest "))
                .toList();
        if (reasons.isEmpty()) {
          remove.add(kept.snapshot().snapshot().time());
        } else {
          keep.add("keep " + kept.snapshot().snapshot().time() + " " + reasons);
        }
      }
      verdict.remove().forEach(one -> remove.add(one.snapshot().time()));
      JsonNode key = group.key().json();
      List<String> lines = new ArrayList<>(keep);
      remove.stream().sorted().forEach(time -> lines.add("remove " + time));
      groups.put(key.get("hostname") + "" + key.get("paths") + key.get("tags"), lines);
    }
    return groups;
  }

  private static Map<String, List<String>> theirs(String json) throws Exception {
    Map<String, List<String>> groups = new TreeMap<>();
    for (JsonNode group : Json.MAPPER.readTree(json)) {
      List<String> lines = new ArrayList<>();
      for (JsonNode reason : group.path("reasons")) {
        List<String> matches = new ArrayList<>();
        reason.path("matches").forEach(match -> matches.add(match.asText()));
        lines.add("keep " + reason.at("/snapshot/time").asText() + " " + matches);
      }
      assertThat(group.path("keep").size()).isEqualTo(lines.size());
      List<String> remove = new ArrayList<>();
      group.path("remove").forEach(one -> remove.add(one.path("time").asText()));
      remove.stream().sorted().forEach(time -> lines.add("remove " + time));
      groups.put(group.get("host") + "" + group.get("paths") + group.get("tags"), lines);
    }
    return groups;
  }

  private Repository makeSnapshots(RandomGenerator random, Path place) {
    Repository.Identity us = new Repository.Identity("kelp", "shore");
    Repository repository =
        Repository.init(op, new DirectoryStore(place), "kelp", 2, KeyFile.Cost.WEAK, null, us);
    Instant time = Instant.parse("2024-10-30T23:10:00Z").plusSeconds(random.nextInt(1 << 25));
    List<ZoneId> zones =
        List.of(BERLIN, BERLIN, ZoneOffset.UTC, ZoneOffset.ofHours(-5), ZoneOffset.ofHours(14));
    int snapshots = 5 + random.nextInt(30);
    for (int i = 0; i < snapshots; i++) {
      List<Duration> steps =
          List.of(
              Duration.ofMinutes(17), Duration.ofHours(7), Duration.ofDays(2), Duration.ofDays(40));
      time = time.minus(Seeded.pick(random, steps)).minusNanos(random.nextInt(1_000_000_000));
      Instant when = random.nextInt(20) == 0 ? Instant.now().plusSeconds(9_999 + i) : time;
      ZoneId zone = Seeded.pick(random, zones);
      repository.save(
          op,
          new Snapshot(
              GoTime.format(OffsetDateTime.ofInstant(when, zone)),
              null,
              Id.hash(new byte[] {1}).toString(),
              some(random, List.of("/b", "/a"), 1),
              Seeded.pick(random, List.of("reef", "reef", "shore")),
              "kelp",
              null,
              null,
              null,
              some(random, List.of("y", "x"), 0),
              null,
              null,
              null,
              null));
    }
    return repository;
  }

  private static List<String> some(RandomGenerator random, List<String> words, int least) {
    List<String> chosen =
        new ArrayList<>(words.stream().filter(word -> random.nextInt(3) == 0).toList());
    return chosen.size() < least ? words.subList(0, least) : chosen;
  }

  private static Said policy(RandomGenerator random, boolean current) {
    Map<Period, Integer> counts = new TreeMap<>();
    Map<Period, KeepDuration> within = new TreeMap<>();
    List<String> flags = new ArrayList<>();
    for (Period period : Period.values()) {
      if (random.nextInt(3) == 0) {
        boolean all = current && random.nextInt(6) == 0;
        int count = all ? KeepPolicy.UNLIMITED : 1 + random.nextInt(6);
        counts.put(period, count);
        flags.add("--keep-" + period.word());
        flags.add(all ? "unlimited" : Integer.toString(count));
      }
    }
    for (String word : WORDS) {
      if (random.nextInt(6) == 0) {
        KeepDuration duration = duration(random);
        within.put(Period.values()[WORDS.indexOf(word) + 1], duration);
        flags.addAll(List.of("--keep-within-" + word, duration.toString()));
      }
    }
    KeepDuration all = random.nextInt(3) == 0 ? duration(random) : KeepDuration.ZERO;
    if (!all.isZero()) {
      flags.addAll(List.of("--keep-within", all.toString()));
    }
    List<List<String>> tags = new ArrayList<>();
    for (List<String> list : List.of(List.of("x"), List.of("x", "y"), List.of(""))) {
      if (random.nextInt(6) == 0) {
        tags.add(list);
        flags.addAll(List.of("--keep-tag", String.join(",", list)));
      }
    }
    KeepPolicy policy = new KeepPolicy(counts, all, within, tags);
    return policy.isEmpty() ? policy(random, current) : new Said(policy, flags);
  }

  private static KeepDuration duration(RandomGenerator random) {
    KeepDuration duration =
        new KeepDuration(
            random.nextInt(4) == 0 ? 1 : 0,
            random.nextInt(3) == 0 ? random.nextInt(14) : 0,
            random.nextInt(2) == 0 ? random.nextInt(40) : 0,
            random.nextInt(30));
    return duration.isZero() ? duration(random) : duration;
  }

  @Test
  void durationsAreCountedBackInGosCalendar() {
    OffsetDateTime newest = OffsetDateTime.parse("2024-03-31T12:30:00+02:00");
    KeepDuration month = KeepDuration.parse("--keep-within", "1m");
    // There is no 31st of February: two days more, by the clock in Berlin.
    assertThat(month.before(newest, BERLIN)).isEqualTo("2024-03-02T11:30:00Z");
    assertThat(month.before(newest, ZoneOffset.UTC)).isEqualTo("2024-03-02T10:30:00Z");
    assertThat(KeepDuration.parse("--keep-within", " 1y5m7d2h3d ")).hasToString("1y5m3d2h");
    for (String wrong : List.of("1", "d", "1x", "-1d", "1d 2h", "99999999999d")) {
      assertThatThrownBy(() -> KeepDuration.parse("--keep-within", wrong))
          .isInstanceOf(Failure.Invalid.class)
          .hasMessageContaining("is not a duration");
    }
  }
}
