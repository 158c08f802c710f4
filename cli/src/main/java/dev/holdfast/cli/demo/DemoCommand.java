package dev.holdfast.cli.demo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Style;
import dev.holdfast.cli.output.Units;
import dev.holdfast.cli.output.Words;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Operation;
import dev.holdfast.sandbox.Sandbox;
import dev.holdfast.sandbox.SandboxOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code holdfast demo}. Every step that Holdfast does is a command line run as a user would type
 * it; what happens to the cluster in between is done through its API.
 */
@Command(
    name = "demo",
    description = {
      "A cluster, a backup, a disaster, a restore, and the proof that nothing is missing.",
      "Runs in this process and a temporary directory; touches nothing else."
    })
public final class DemoCommand implements Callable<Integer> {

  @Option(
      names = "--keep",
      description = "Leave the cluster running at the end, to try things out; stop with Ctrl-C.")
  boolean keep;

  private final Session session;
  private final ToIntFunction<String[]> holdfast;
  private final Style style;

  /**
   * @param holdfast runs a command line of ours and returns its exit code
   */
  public DemoCommand(Session session, ToIntFunction<String[]> holdfast) {
    this.session = session;
    this.holdfast = holdfast;
    this.style = session.style();
  }

  @Override
  public Integer call() {
    Path folder = temporary();
    try {
      return run(folder);
    } finally {
      if (!keep) {
        delete(folder);
      }
    }
  }

  private int run(Path folder) {
    Operation op = session.operation();
    Path kubeconfig = folder.resolve("kubeconfig");
    Stage stage = new Stage(folder, kubeconfig);
    session.out().println(style.bold("Holdfast: a backup, a disaster, a restore, and the proof"));

    step(1, "A cluster, and a shop in it");
    try (Sandbox sandbox = Sandbox.start(SandboxOptions.DEFAULT.kubeconfig(kubeconfig));
        Cluster cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null))) {
      Shop.moveIn(op, cluster);
      Census before = Census.take(op, cluster);
      tell("a Kubernetes API server in this process: " + sandbox.url());
      tell(
          Units.count(before.items().size(), "item")
              + " of "
              + before.types()
              + " types: workloads, Secrets, custom resources, RBAC, a volume claim, webhooks ...");

      step(2, "A backup");
      must(stage, "backup", "create", "shop", "--snapshot-volumes=false");

      step(3, "A disaster");
      Disaster disaster = new Disaster(cluster, cluster.discover(op));
      disaster.strike(op, this::type);
      Census after = Census.take(op, cluster);
      List<Census.Loss> losses = after.lossesSince(before);
      tell(style.red(Units.count(losses.size(), "item") + " gone or changed"));

      step(4, "The plan: what a restore would do, before it does it");
      must(stage, "restore", "plan", "--from-backup", "shop", POLICY);

      step(5, "The restore");
      must(
          stage,
          "restore",
          "create",
          "back",
          "--from-backup",
          "shop",
          POLICY,
          "--preserve-nodeports");

      step(6, "The proof");
      int code = prove(before, Census.take(op, cluster));
      if (keep) {
        stay(op, folder);
      }
      return code;
    }
  }

  private static final String POLICY = "--existing-resource-policy=update";

  /** Compares everything that was there with what is there now. */
  private int prove(Census before, Census now) {
    List<Census.Loss> losses = new ArrayList<>(now.lossesSince(before));
    List<ItemKey> byRule =
        losses.stream().map(Census.Loss::item).filter(DemoCommand::neverRestored).toList();
    losses.removeIf(loss -> neverRestored(loss.item()));
    int proven = before.items().size() - byRule.size() - losses.size();
    for (Census.Loss loss : losses) {
      tell(style.red("✗ ") + loss.item() + " " + loss.what());
    }
    tell(
        style.green("✔ ")
            + Units.count(proven, "item")
            + " compared with the backup's time, field by field: equal");
    if (!byRule.isEmpty()) {
      tell(
          style.faint(
              "  not restored, by rule (events tell of the past): "
                  + String.join(", ", byRule.stream().map(ItemKey::toString).toList())));
    }
    if (!losses.isEmpty()) {
      tell(style.red(Units.count(losses.size(), "item") + " missing or different"));
      return ExitCode.PARTIAL;
    }
    tell(style.green(style.bold("Nothing is missing.")));
    return ExitCode.OK;
  }

  private static boolean neverRestored(ItemKey item) {
    return item.type().resource().equals("events");
  }

  private void stay(Operation op, Path folder) {
    session.out().println();
    session.out().println(style.bold("The cluster stays. In another terminal:"));
    for (String line :
        List.of(
            "export KUBECONFIG=" + folder.resolve("kubeconfig"),
            "export HOLDFAST_LOCATION=" + folder.resolve("backups"),
            "kubectl get all,coupons -n shop",
            "kubectl delete deployment web -n shop",
            "holdfast restore plan --from-backup shop",
            "holdfast restore create --from-backup shop --item deployments.apps/shop/web",
            "holdfast backup describe shop --details")) {
      session.out().println("  " + line);
    }
    session.out().println();
    session.out().println("Ctrl-C stops it and removes " + folder);
    session.out().flush();
    try {
      while (true) {
        op.pause(Duration.ofHours(1));
      }
    } catch (Failure.Cancelled e) {
      delete(folder);
      throw e;
    }
  }

  private void step(int number, String title) {
    op().check();
    session.out().println();
    session.out().println(style.bold(style.cyan(number + "  " + title)));
  }

  private Operation op() {
    return session.operation();
  }

  private void tell(String line) {
    print(line, "   ", "   ", "", word -> word);
  }

  private void type(String command) {
    print(command, "   " + style.faint("$ "), "       ", " \\", style::bold);
    session.out().flush();
  }

  /** A line that goes on below itself where the terminal is too narrow for it. */
  private void print(
      String text, String head, String indent, String goesOn, UnaryOperator<String> styled) {
    int columns = session.console().outWidth();
    int width = columns == 0 ? Integer.MAX_VALUE : columns - indent.length() - goesOn.length();
    List<String> lines = Words.wrap(text, width);
    for (int i = 0; i < lines.size(); i++) {
      String end = i < lines.size() - 1 ? goesOn : "";
      session.out().println((i == 0 ? head : indent) + styled.apply(lines.get(i)) + end);
    }
  }

  /**
   * Runs a command of ours as it is shown, with the sandbox's kubeconfig and the demo's location.
   */
  private void must(Stage stage, String... words) {
    type("holdfast " + String.join(" ", words));
    int code = holdfast.applyAsInt(stage.commandLine(words));
    if (code != ExitCode.OK) {
      throw new Failure.Conflict(
          "holdfast " + words[0] + " " + words[1] + " ended with " + code, null, null);
    }
  }

  /** Where the demo plays. */
  private record Stage(Path folder, Path kubeconfig) {
    String[] commandLine(String... words) {
      List<String> all = new ArrayList<>(List.of(words));
      all.add("--kubeconfig=" + kubeconfig);
      all.add("--location=" + folder.resolve("backups"));
      return all.toArray(String[]::new);
    }
  }

  private static Path temporary() {
    try {
      return Files.createTempDirectory("holdfast-demo-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
