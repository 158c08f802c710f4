package dev.holdfast.cli;

import dev.holdfast.cli.backup.BackupVerbs;
import dev.holdfast.cli.bench.BenchCommand;
import dev.holdfast.cli.bench.RepoBench;
import dev.holdfast.cli.bench.VolumesBench;
import dev.holdfast.cli.demo.DemoCommand;
import dev.holdfast.cli.image.ImageVerbs;
import dev.holdfast.cli.location.LocationVerbs;
import dev.holdfast.cli.output.Console;
import dev.holdfast.cli.repo.RepoVerbs;
import dev.holdfast.cli.restore.RestoreVerbs;
import dev.holdfast.cli.sandbox.SandboxStart;
import dev.holdfast.cli.volume.MoverCommand;
import dev.holdfast.cli.volume.VolumeVerbs;
import dev.holdfast.model.Operation;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine;

/**
 * The whole command: builds the tree of verbs and runs one of them. Only the noun that the command
 * line names is built, since each costs start-up time; help, completion and mistakes build all.
 */
public final class Cli {

  private final Console console;
  private final Operation operation;

  /** A noun or a verb without noun: its names, and how it joins the tree. */
  private record Branch(List<String> names, Consumer<CommandLine> add) {}

  public Cli(Console console, Operation operation) {
    this.console = console;
    this.operation = operation;
  }

  /** Runs one command line and returns the exit code; prints everything there is to say. */
  public int run(String... args) {
    String[] nounFirst = VerbFirst.reorder(args);
    CommandLine tree = tree(List.of(nounFirst));
    int code;
    try {
      code = tree.execute(nounFirst);
    } catch (Error e) {
      code = ((Errors) tree.getExecutionExceptionHandler()).report(e, "holdfast");
    }
    console.out().flush();
    console.err().flush();
    return code;
  }

  /** The same commands, with what they print set off from what the demo says. */
  private Cli indented() {
    return new Cli(console.indented("     "), operation);
  }

  /** The complete tree. */
  CommandLine tree() {
    return tree(List.of());
  }

  private CommandLine tree(List<String> words) {
    GlobalOptions global = new GlobalOptions();
    Session session = new Session(console, global, operation);
    CommandLine root = new CommandLine(new HoldfastCommand(global));
    List<Branch> branches = branches(session);
    List<Branch> first = words.isEmpty() ? List.of() : named(branches, words.subList(0, 1));
    List<Branch> any = first.isEmpty() ? named(branches, words) : first;
    (any.isEmpty() ? branches : any).forEach(branch -> branch.add.accept(root));
    Errors errors = new Errors(console, global, session);
    root.setOut(console.out());
    root.setErr(console.err());
    root.setExecutionExceptionHandler(errors);
    root.setParameterExceptionHandler(errors);
    Help.install(root, console.outWidth(), console.style().on());
    return root;
  }

  private static List<Branch> named(List<Branch> branches, List<String> words) {
    return branches.stream()
        .filter(branch -> branch.names.stream().anyMatch(words::contains))
        .toList();
  }

  private List<Branch> branches(Session session) {
    return List.of(
        noun(
            "backup",
            "Back up a cluster, and look at what is there.",
            List.of("backups"),
            noun -> BackupVerbs.add(noun, session)),
        noun(
            "restore",
            "Restore items of a backup, or see what a restore would do.",
            List.of("restores"),
            noun -> RestoreVerbs.add(noun, session)),
        noun(
            "backup-location",
            "Name the places where backups are kept.",
            List.of("backup-locations", "location", "locations"),
            noun -> LocationVerbs.add(noun, session)),
        noun(
            "volume",
            "The volumes of a backup, and single files of them.",
            List.of("volumes"),
            noun -> VolumeVerbs.add(noun, session)),
        noun(
            "repo",
            "Volume data: repositories in restic's format.",
            List.of(),
            noun -> RepoVerbs.add(noun, session)),
        noun(
            "sandbox",
            "A Kubernetes API server on this machine, to try things out.",
            List.of(),
            noun -> noun.addSubcommand(new SandboxStart(session))),
        noun(
            "image",
            "The container image that mover pods run.",
            List.of(),
            noun -> ImageVerbs.add(noun, session)),
        verb("mover", root -> root.addSubcommand(new MoverCommand(session))),
        verb("demo", root -> root.addSubcommand(new DemoCommand(session, indented()::run))),
        verb("bench", root -> root.addSubcommand(bench(session))),
        verb("completion", root -> root.addSubcommand(new CompletionCommand(session, this::tree))),
        verb("version", root -> root.addSubcommand(new VersionCommand(console))));
  }

  private static CommandLine bench(Session session) {
    return new CommandLine(new BenchCommand(session))
        .addSubcommand(new RepoBench(session))
        .addSubcommand(new VolumesBench(session));
  }

  private static Branch verb(String name, Consumer<CommandLine> add) {
    return new Branch(List.of(name), add);
  }

  private static Branch noun(
      String name, String description, List<String> aliases, Consumer<CommandLine> verbs) {
    List<String> names = new java.util.ArrayList<>(aliases);
    names.add(name);
    return new Branch(
        names,
        root -> {
          CommandLine noun = new CommandLine(Noun.named(name, description));
          root.addSubcommand(name, noun, aliases.toArray(String[]::new));
          verbs.accept(noun);
        });
  }
}
