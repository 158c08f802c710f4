package dev.holdfast.cli.location;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.Times;
import dev.holdfast.store.LocationCheck;
import dev.holdfast.store.LocationCheck.Finding;
import dev.holdfast.store.LocationCheck.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup-location check}. */
@Command(
    name = "check",
    description = {
      "Try a location: list, write, read back, delete.",
      "What it writes is below plugins/holdfast/check-..., and removed again.",
      "Ends with 1 if a step fails. A configured location's phase is kept for 'get'."
    })
final class LocationCheckCommand implements Callable<Integer> {

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "A configured name, a directory or s3://bucket/prefix. Default: --location.")
  @Nullable String name;

  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  LocationCheckCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.namedLocation(name)) {
      boolean readOnly = "ReadOnly".equals(location.document().spec().accessMode());
      List<Finding> findings = LocationCheck.run(session.operation(), location.store(), readOnly);
      Optional<Finding> failed =
          findings.stream().filter(one -> one.outcome() == Outcome.FAILED).findFirst();
      String place = location.store().describe();
      switch (output.format()) {
        case TABLE -> print(findings, failed.isEmpty(), place);
        case NAME -> session.out().println("backupstoragelocation.velero.io/" + location.name());
        case JSON, YAML ->
            session.out().print(output.format().text(document(findings, failed.isEmpty(), place)));
      }
      keep(location.document(), failed.orElse(null));
      return failed.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  private static ObjectNode document(List<Finding> findings, boolean usable, String place) {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("location", place).put("usable", usable);
    ArrayNode steps = document.putArray("steps");
    for (Finding finding : findings) {
      Failure failure = finding.failure();
      ObjectNode step = steps.addObject().put("step", finding.step());
      step.put("outcome", finding.outcome().name().toLowerCase(Locale.ROOT));
      step.put("message", failure == null ? finding.message() : failure.getMessage());
      if (failure != null && failure.next() != null) {
        step.put("next", failure.next());
      }
    }
    return document;
  }

  private void print(List<Finding> findings, boolean usable, String place) {
    findings.forEach(this::print);
    session
        .out()
        .println(
            usable
                ? session.style().green("✔ ") + "is usable: " + place
                : session.style().red("✗ ") + "is not usable: " + place);
  }

  private void print(Finding finding) {
    String mark =
        switch (finding.outcome()) {
          case OK -> session.style().green("✔ ");
          case WARNING -> session.style().yellow("! ");
          case FAILED -> session.style().red("✗ ");
          case SKIPPED -> "- ";
        };
    Failure failure = finding.failure();
    String message = failure == null ? finding.message() : failure.getMessage();
    session.out().println(mark + finding.step() + ": " + message);
    if (failure != null && failure.next() != null) {
      session.out().println("  → " + failure.next());
    }
  }

  /** What Velero's server writes into a location's status after validating it. */
  private void keep(BackupStorageLocation checked, @Nullable Finding failed) {
    Configuration configuration = session.configuration();
    String configured = checked.metadata().name();
    // A directory or bucket named on the command line is called default, as another may be.
    if (configured == null || !configuration.location(configured).equals(Optional.of(checked))) {
      return;
    }
    ObjectNode document = configuration.document(configured);
    ObjectNode status = document.withObjectProperty("status");
    status.put("phase", failed == null ? "Available" : "Unavailable");
    status.put("lastValidationTime", Times.text(session.operation().clock().instant()));
    if (failed == null) {
      status.remove("message");
    } else {
      status.put("message", failed.message());
    }
    try {
      configuration.put(document);
    } catch (Failure.Invalid e) {
      session.say("  not kept for 'backup-location get': " + e.getMessage());
    }
  }
}
