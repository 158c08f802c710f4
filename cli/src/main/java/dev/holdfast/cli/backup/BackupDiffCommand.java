package dev.holdfast.cli.backup;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.IdentityFlag;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.engine.inspect.BackupDiff;
import dev.holdfast.engine.inspect.BackupDiff.Difference;
import dev.holdfast.engine.inspect.BackupReader;
import dev.holdfast.engine.inspect.Contents;
import dev.holdfast.model.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup diff}. */
@Command(
    name = "diff",
    description = {
      "Show what changed from one backup to another, or from a backup to the live cluster.",
      "Ends with 4 if anything differs."
    })
public final class BackupDiffCommand implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "BACKUP", description = "The earlier backup.")
  String before = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "BACKUP",
      description = "The later backup. Default: the live cluster.")
  @Nullable String after;

  @Mixin final IdentityFlag identity = new IdentityFlag();
  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  public BackupDiffCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<Difference> differences = new ArrayList<>();
    try (OpenLocation location = session.location();
        Contents earlier = contents(location, before)) {
      if (after == null) {
        try (Cluster cluster = session.cluster()) {
          BackupDiff.withCluster(session.operation(), earlier, cluster, differences::add);
        }
      } else {
        try (Contents later = contents(location, after)) {
          BackupDiff.between(session.operation(), earlier, later, differences::add);
        }
      }
    }
    differences.sort(Comparator.comparing(Difference::key));
    print(differences);
    return differences.isEmpty() ? ExitCode.OK : ExitCode.DIFFERS;
  }

  private Contents contents(OpenLocation location, String backup) {
    return BackupReader.open(session.operation(), location.store(), backup, identity.decryption())
        .contents(Path.of(System.getProperty("java.io.tmpdir", ".")));
  }

  private void print(List<Difference> differences) {
    switch (output.format()) {
      case JSON, YAML -> {
        ObjectNode document = Json.MAPPER.createObjectNode().put("before", before);
        document.put("after", after);
        document.set("differences", Json.MAPPER.valueToTree(differences));
        session.out().print(output.format().text(document));
      }
      case NAME -> differences.forEach(one -> session.out().println(one.key()));
      case TABLE -> {
        differences.forEach(this::print);
        session.say(differences.isEmpty() ? "No differences." : counts(differences));
      }
    }
  }

  private void print(Difference one) {
    String fate = one.fate().name().toLowerCase(Locale.ROOT);
    String padded = fate + " ".repeat(9 - fate.length());
    String coloured =
        switch (one.fate()) {
          case ADDED -> session.style().green(padded);
          case REMOVED -> session.style().red(padded);
          case CHANGED -> session.style().yellow(padded);
          case UNKNOWN -> session.style().cyan(padded);
        };
    String reason = one.reason().isEmpty() ? "" : ": " + one.reason();
    session.out().println(coloured + one.key() + reason);
    one.changes().forEach(change -> session.out().println("    " + change));
  }

  private static String counts(List<Difference> differences) {
    Map<String, Integer> counts = new TreeMap<>();
    differences.forEach(
        one -> counts.merge(one.fate().name().toLowerCase(Locale.ROOT), 1, Integer::sum));
    List<String> parts = new ArrayList<>();
    counts.forEach((fate, count) -> parts.add(count + " " + fate));
    return String.join(", ", parts);
  }
}
