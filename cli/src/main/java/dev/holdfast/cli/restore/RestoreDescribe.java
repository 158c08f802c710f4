package dev.holdfast.cli.restore;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.archive.Results;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.Text;
import dev.holdfast.cli.output.Description;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cli.output.Style;
import dev.holdfast.engine.restore.ItemResult;
import dev.holdfast.engine.restore.Restores;
import dev.holdfast.model.Json;
import dev.holdfast.model.velero.Restore;
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

  private static final int OUTCOME = 11;

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
      List<ItemResult> items = details ? restores.outcomes(session.operation(), name) : null;
      switch (output.format()) {
        case JSON, YAML ->
            session.out().print(output.format().text(document(restore, results, items)));
        case NAME -> session.out().println("restore.velero.io/" + name);
        case TABLE -> text(restore, results, items);
      }
      return ExitCode.OK;
    }
  }

  private static ObjectNode document(
      Restore restore, Results results, @Nullable List<ItemResult> items) {
    ObjectNode document = Json.tree(restore);
    ObjectNode tree = Json.tree(results);
    document.set("errors", tree.get("errors"));
    document.set("warnings", tree.get("warnings"));
    if (items != null) {
      ArrayNode list = document.putArray("items");
      for (ItemResult item : items) {
        ObjectNode one = list.addObject().put("item", item.target().toString());
        one.put("outcome", item.outcome().text());
        if (!item.source().equals(item.target())) {
          one.put("from", item.source().toString());
        }
        if (item.why() != null) {
          one.put("reason", item.why());
        }
      }
    }
    return document;
  }

  private void text(Restore restore, Results results, @Nullable List<ItemResult> items) {
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
      text.section("Items", items.stream().map(this::line).toList());
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

  /** {@code created configmaps/shop/web}, in the words of the plan. */
  private String line(ItemResult item) {
    String outcome = item.outcome().text();
    Style style = session.style();
    String coloured =
        switch (item.outcome()) {
          case CREATED -> style.green(outcome);
          case UPDATED -> style.yellow(outcome);
          case FAILED -> style.red(outcome);
          case IDENTICAL, SKIPPED -> style.faint(outcome);
        };
    return coloured
        + " ".repeat(OUTCOME - outcome.length())
        + item.target()
        + (item.source().equals(item.target()) ? "" : " (from " + item.source() + ")")
        + (item.why() == null ? "" : ": " + item.why());
  }
}
