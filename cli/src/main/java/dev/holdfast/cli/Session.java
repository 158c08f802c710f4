package dev.holdfast.cli;

import dev.holdfast.cli.location.ChosenLocation;
import dev.holdfast.cli.location.Configuration;
import dev.holdfast.cli.output.Console;
import dev.holdfast.cli.output.ProgressDisplay;
import dev.holdfast.cli.output.Style;
import dev.holdfast.cli.output.Words;
import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.Locations;
import java.io.PrintWriter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One command line being run: where it prints, its global flags, and the operation that Ctrl-C
 * cancels. Verbs get it by their constructors and ask it for cluster and progress when they need
 * them, not before.
 */
public final class Session {

  private final Console console;
  private final GlobalOptions global;
  private final Operation operation;
  private @Nullable String safe;

  public Session(Console console, GlobalOptions global, Operation operation) {
    this.console = console;
    this.global = global;
    this.operation = operation;
  }

  public Console console() {
    return console;
  }

  public PrintWriter out() {
    return console.out();
  }

  public PrintWriter err() {
    return console.err();
  }

  public Style style() {
    return console.style();
  }

  public GlobalOptions global() {
    return global;
  }

  public Operation operation() {
    return operation;
  }

  public ProgressDisplay progress() {
    return new ProgressDisplay(console, operation.clock(), global.quiet());
  }

  /** A line for people, not part of the result: nothing with {@code --quiet}. */
  public void say(String line) {
    if (!global.quiet()) {
      int width = console.errWidth() == 0 ? Integer.MAX_VALUE : console.errWidth();
      console.err().println(String.join("\n", Words.wrap(line, width)));
    }
  }

  /** The configuration file that flags and environment name. */
  public Configuration configuration() {
    return Configuration.at(global.config(), console.environment());
  }

  /** What to type next on the same location, as it was given here. */
  public String next(String command) {
    String location = global.location();
    return "holdfast " + command + (location == null ? "" : " --location " + location);
  }

  /**
   * From here on, what holds and what to do if the command ends in the middle.
   *
   * @param sentence to be printed below the error
   */
  public void safe(String sentence) {
    safe = sentence;
  }

  /** The last such sentence; null before the command has begun to do something. */
  @Nullable String safe() {
    return safe;
  }

  /** Opens the location that the command line means. */
  public OpenLocation location() {
    return location(null);
  }

  /**
   * Opens the location that the command line means.
   *
   * @param storageLocation what a document says, for when {@code --location} does not
   */
  public OpenLocation location(@Nullable String storageLocation) {
    return open(global.location(), storageLocation);
  }

  /**
   * Opens a location.
   *
   * @param name as {@code --location} takes it; null for what the command line means
   */
  public OpenLocation namedLocation(@Nullable String name) {
    return open(name == null ? global.location() : name, null);
  }

  private OpenLocation open(@Nullable String flag, @Nullable String storageLocation) {
    refuseServer();
    BackupStorageLocation document =
        new ChosenLocation(configuration(), console.environment()).find(flag, storageLocation);
    return new OpenLocation(document, Locations.open(document, Credentials.FILES));
  }

  /** Connects to the cluster that kubeconfig and context name. */
  public Cluster cluster() {
    refuseServer();
    ClusterOptions options = ClusterOptions.of(global.kubeconfig(), global.context());
    Duration timeout = global.requestTimeout();
    return Clusters.connect(timeout == null ? options : options.withTimeout(timeout));
  }

  /**
   * Returns if the user agrees: {@code --yes}, or an answer on a terminal.
   *
   * @param question what would be done, as a sentence without its question mark
   * @throws Failure.Invalid if nobody can be asked
   * @throws Failure.Cancelled if the answer is no
   */
  public void confirm(String question) {
    if (global.yes()) {
      return;
    }
    if (!console.interactive()) {
      throw new Failure.Invalid(
          question + ": this needs a confirmation", "run it again with --yes");
    }
    String answer = console.ask(question + "? (y/N) ").orElse("");
    if (!answer.strip().equalsIgnoreCase("y") && !answer.strip().equalsIgnoreCase("yes")) {
      throw new Failure.Cancelled("Nothing was done");
    }
  }

  /** {@code --server} is a promise that this version cannot keep. */
  public void refuseServer() {
    if (global.server() != null) {
      throw new Failure.Unsupported(
          "--server is not available in this version: the command does everything itself",
          "leave --server out; nothing needs to be installed in the cluster");
    }
  }

  /** {@code 0.1.0}, for records. */
  public static String version() {
    return Version.current().version();
  }
}
