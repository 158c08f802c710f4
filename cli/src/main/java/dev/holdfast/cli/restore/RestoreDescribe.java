package dev.holdfast.cli.restore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.ResourceList;
import dev.holdfast.archive.Results;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.Text;
import dev.holdfast.cli.output.Description;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.engine.restore.Restores;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.Restore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast restore describe}. */
@Command(name = "describe", description = "Show what a restore did, and what went wrong with it.")
public final class RestoreDescribe implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The restore.")
  String name = "";

  @Option(names = "--details", description = "List what became of every item.")
  boolean details;

  @Mixin final RecordsFlag records = new RecordsFlag();
  @Mixin final OutputFlag output = new OutputFlag();

  private final Session session;

  public RestoreDescribe(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.location()) {
      Restores restores = records.restores(location);
      Restore restore = restores.get(session.operation(), name);
      Results results = restores.results(session.operation(), name).orElse(Results.NONE);
      ResourceList items = details ? restores.items(session.operation(), name).orElse(null) : null;
      if (output.document()) {
        session.out().print(output.format().text(document(restore, results, items)));
      } else {
        text(restore, results, items);
      }
      return ExitCode.OK;
    }
  }

  private static ObjectNode document(
      Restore restore, Results results, @Nullable ResourceList items) {
    ObjectNode document = Json.tree(restore);
    ObjectNode tree = Json.tree(results);
    document.set("errors", tree.get("errors"));
    document.set("warnings", tree.get("warnings"));
    if (items != null) {
      document.set("resourceList", Json.MAPPER.valueToTree(items.byType()));
    }
    return document;
  }

  private void text(Restore restore, Results results, @Nullable ResourceList items) {
    Restore.Spec spec = Objects.requireNonNullElseGet(restore.spec(), Restore.Spec::empty);
    Restore.Status status = restore.status();
    Description text = new Description(session.out());
    text.line("Name", restore.metadata().name());
    text.line("Namespace", Objects.requireNonNullElse(restore.metadata().namespace(), "velero"));
    text.lines("Labels", new TreeMap<>(restore.metadata().labelsOrEmpty()));
    text.lines("Annotations", new TreeMap<>(restore.metadata().annotationsOrEmpty())).end();
    String phase = status == null || status.phase() == null ? "New" : status.phase();
    text.line("Phase", session.style().phase(phase));
    if (status != null && status.progress() != null) {
      text.line("Total items to be restored", Text.count(status.progress().totalItems()));
      text.line("Items restored", Text.count(status.progress().itemsRestored()));
    }
    text.end();
    text.line("Started", Text.time(status == null ? null : status.startTimestamp()));
    text.line("Completed", Text.time(status == null ? null : status.completionTimestamp())).end();
    if (results.warnings().count() > 0) {
      text.section("Warnings", Text.results(results.warnings()));
    }
    if (results.errors().count() > 0) {
      text.section("Errors", Text.results(results.errors()));
    }
    what(text, spec);
    if (items != null) {
      text.section("Resource List", lines(items));
    }
  }

  private static void what(Description text, Restore.Spec spec) {
    text.line("Backup", spec.backupName()).end();
    text.section(
        "Namespaces",
        List.of(
            "Included:  " + Text.list(spec.includedNamespaces(), "all namespaces in the backup"),
            "Excluded:  " + Text.list(spec.excludedNamespaces(), "<none>")));
    text.section(
        "Resources",
        List.of(
            "Included:        " + Text.list(spec.includedResources(), "*"),
            "Excluded:        " + Text.list(spec.excludedResources(), "<none>"),
            "Cluster-scoped:  "
                + Text.choice(spec.includeClusterResources(), "included", "excluded")));
    Map<String, String> mapping = spec.namespaceMapping();
    text.lines("Namespace mappings", mapping == null ? Map.of() : new TreeMap<>(mapping));
    text.end();
    text.line("Label selector", Text.selector(spec.labelSelector())).end();
    text.line("Or label selector", Text.selectors(spec.orLabelSelectors())).end();
    text.line(
        "Existing Resource Policy",
        Objects.requireNonNullElse(spec.existingResourcePolicy(), "<none>"));
    text.line("Preserve Service NodePorts", Text.choice(spec.preserveNodePorts(), "true", "false"));
    text.end();
  }

  private static List<String> lines(ResourceList items) {
    List<String> lines = new ArrayList<>();
    items
        .byType()
        .forEach((type, names) -> {
          lines.add(type + ":");
          names.forEach(item -> lines.add("  - " + item));
        });
    return lines;
  }
}
