package dev.holdfast.cli.bench;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Main;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.bench.Figures.Client;
import dev.holdfast.cli.output.Format;
import dev.holdfast.cli.output.OutputFlag;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.model.Failure;
import dev.holdfast.model.GoDuration;
import dev.holdfast.model.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code holdfast bench}. Ours are the commands as users run them, start of the JVM included; the
 * others are {@link PlainClient}s. They take turns on one server.
 */
@Command(
    name = "bench",
    description = {
      "Measure backup and restore beside plain clients of the same API server, in the same run.",
      "Without --kubeconfig it starts a sandbox. With it, Secrets are written to that cluster, in",
      "namespaces of the bench's own that are deleted at the end."
    })
public final class BenchCommand implements Callable<Integer> {

  @Option(
      names = "--items",
      paramLabel = "N",
      description = "Secrets to back up and restore. Default: ${DEFAULT-VALUE}.")
  int items = 30_000;

  @Option(
      names = "--bytes",
      paramLabel = "N",
      description = "Content of a Secret. Default: ${DEFAULT-VALUE}.")
  int bytes = 1024;

  @Option(
      names = "--latency",
      paramLabel = "DURATION",
      description = "Added to each request, such as 10ms. Default: none.")
  @Nullable String latency;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Repeat this often and tell the middle ones. Default: ${DEFAULT-VALUE}.")
  int rounds = 1;

  @Option(
      names = "--single-items",
      paramLabel = "N",
      description =
          "Secrets that the client makes that creates one at a time, since it takes so long."
              + " Default: ${DEFAULT-VALUE}.")
  int singleItems = 3000;

  @Option(names = "--quick", description = "1,000 Secrets: to see that it works, not how fast.")
  boolean quick;

  @Mixin final OutputFlag output = new OutputFlag();

  @Option(
      names = "--max-heap",
      paramLabel = "SIZE",
      description = "Java heap of backup and restore, such as 192m. Default: Java's choice.")
  @Nullable String maxHeap;

  private final Session session;
  private final Figures figures = new Figures();

  public BenchCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (items < 1 || bytes < 1 || rounds < 1 || singleItems < 1) {
      throw new Failure.Invalid("--items, --bytes, --rounds and --single-items are at least 1");
    }
    if (quick) {
      items = Math.min(items, 1000);
      singleItems = Math.min(singleItems, 100);
    }
    Duration delay = latency == null ? Duration.ZERO : GoDuration.parse(latency).value();
    try (TempFolder folder = TempFolder.create(null);
        Arena arena = arena(folder.path(), delay)) {
      session.say(
          "%,d Secrets of %,d bytes, %s ms added to each request, on %s"
              .formatted(items, bytes, delay.toMillis(), arena.describe()));
      compete(arena, !delay.isZero());
      if (output.format() == Format.TABLE) {
        figures.print(session.console());
      } else {
        session.out().print(output.format().text(figures.document()));
      }
      return ExitCode.OK;
    }
  }

  private Arena arena(Path folder, Duration delay) {
    Operation op = session.operation();
    Path kubeconfig = session.global().kubeconfig();
    String context = session.global().context();
    return kubeconfig == null && context == null
        ? Arena.sandbox(op, new ChildProcess(List.of("-Xmx3g")), folder, delay, 0)
        : Arena.real(op, ClusterOptions.of(kubeconfig, context), folder, delay);
  }

  private void compete(Arena arena, boolean slowNetwork) {
    String source = arena.namespace("source");
    session.say("filling namespace " + source);
    plain(arena, "create", source, items, bytes, 64);
    for (int round = 1; round <= rounds; round++) {
      measure(Client.LIST, items, () -> plain(arena, "list", source));
      String backup = "round-" + round;
      measure(Client.BACKUP, items, () -> ours(arena, "backup", "create", backup, "-n", source));
      if (slowNetwork) {
        creates(arena, Client.CREATE_1, singleItems, 1);
        creates(arena, Client.CREATE_64, items, 64);
      } else {
        creates(arena, Client.CREATE_8, items, 8);
      }
      String mapping = source + ":" + arena.futureNamespace("restored");
      measure(
          Client.RESTORE,
          items,
          () ->
              ours(
                  arena,
                  "restore",
                  "create",
                  backup,
                  "--from-backup",
                  backup,
                  "--namespace-mappings",
                  mapping));
    }
  }

  private void creates(Arena arena, Client client, int count, int workers) {
    String namespace = arena.namespace("plain");
    measure(client, count, () -> plain(arena, "create", namespace, count, bytes, workers));
  }

  private void measure(Client client, int count, Callable<Measured> run) {
    try {
      Measured measured = run.call();
      figures.add(client, count, measured);
      session.say("%s: %.2f s".formatted(client.label, measured.wall().toMillis() / 1000.0));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private Measured plain(Arena arena, Object... words) {
    List<String> arguments = new ArrayList<>(List.of(arena.folder().toString()));
    for (Object word : words) {
      arguments.add(word.toString());
    }
    return new ChildProcess(List.of()).run(session.operation(), PlainClient.class, arguments);
  }

  private Measured ours(Arena arena, String... words) {
    List<String> arguments = new ArrayList<>(List.of(words));
    arguments.add("--kubeconfig=" + arena.kubeconfig());
    arguments.add("--location=" + arena.folder().resolve("location"));
    arguments.add("--quiet");
    List<String> heap = maxHeap == null ? List.of() : List.of("-Xmx" + maxHeap);
    return new ChildProcess(heap).run(session.operation(), Main.class, arguments);
  }
}
