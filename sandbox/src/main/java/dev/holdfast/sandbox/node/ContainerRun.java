package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One container: its compartment, its main process, how often it was started, and its log. An image
 * below {@link #LOCAL} is this machine's own file system and its command runs; any other is merely
 * shown as running, as there is no image to run, but commands can be executed in it.
 */
final class ContainerRun implements AutoCloseable {

  /** Images that stand for the machine itself. */
  static final String LOCAL = "localhost/";

  /** What a shell ends with if it cannot run a program; also what a program may end with. */
  private static final int NOT_EXECUTABLE = 126;

  private static final int NOT_FOUND = 127;

  /** What a container runtime says of a program that it could not start. */
  private static final int START_ERROR = 128;

  private static final String START =
      "failed to create containerd task: failed to create shim task: OCI runtime create failed:"
          + " runc create failed: unable to start container process: error during container init: ";

  private static final String IS_THERE =
      "case $1 in */*) test -f \"$1\" && test -x \"$1\" ;; *) command -v \"$1\" >/dev/null ;; esac";

  /** What a container is doing. */
  enum Phase {
    WAITING,
    RUNNING,
    TERMINATED
  }

  private final String name;
  private final JsonNode spec;
  private final Path stage;
  private final List<Mount> mounts;
  private final Map<String, String> environment;
  private final Compartment.@Nullable User user;
  private final String id = "sandbox://" + java.util.UUID.randomUUID();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private @Nullable Compartment compartment;
  private @Nullable Process process;
  private ContainerLog log = new ContainerLog();
  private @Nullable ContainerLog previousLog;
  private Phase phase = Phase.WAITING;
  private String waiting = "PodInitializing";
  private String message = "";
  private int starts;
  private int exit;
  private boolean ready;
  private volatile boolean lost;
  private Instant began = Instant.EPOCH;
  private Instant ended = Instant.EPOCH;

  ContainerRun(
      JsonNode spec,
      Path stage,
      List<Mount> mounts,
      Map<String, String> environment,
      Compartment.@Nullable User user) {
    this.name = spec.path("name").asText();
    this.spec = spec;
    this.stage = stage;
    this.mounts = List.copyOf(mounts);
    this.environment = Map.copyOf(environment);
    this.user = user;
  }

  String name() {
    return name;
  }

  JsonNode spec() {
    return spec;
  }

  /** Whether its command is run. */
  boolean local() {
    return spec.path("image").asText().startsWith(LOCAL);
  }

  synchronized boolean running() {
    return phase == Phase.RUNNING;
  }

  synchronized boolean ready() {
    return phase == Phase.RUNNING && ready;
  }

  synchronized int exit() {
    return exit;
  }

  synchronized int starts() {
    return starts;
  }

  synchronized void becomeReady() {
    ready = true;
  }

  synchronized @Nullable ContainerLog log(boolean previous) {
    return previous ? previousLog : log;
  }

  boolean stopping() {
    return stopped.getCount() == 0;
  }

  /** Why it is not running, for its status. */
  synchronized void waitFor(String reason) {
    phase = Phase.WAITING;
    waiting = reason;
  }

  /**
   * Runs it once and waits for its end.
   *
   * @param brief whether a container that is merely shown ends at once
   * @param started called when it runs
   */
  void run(boolean brief, Runnable started) throws InterruptedException {
    ContainerLog lines = begin();
    if (!local()) {
      becomeReady();
      started.run();
      if (!brief) {
        stopped.await();
      }
      finish(0);
      return;
    }
    try {
      Process main = start(words());
      synchronized (this) {
        process = main;
      }
      main.getOutputStream().close();
      Thread out = Threads.start("stdout", () -> lines.pump(main.getInputStream()));
      Thread err = Threads.start("stderr", () -> lines.pump(main.getErrorStream()));
      started.run();
      if (stopping()) {
        main.destroyForcibly();
      }
      int code = main.waitFor();
      compartment().sweep();
      out.join(Duration.ofSeconds(1));
      err.join(Duration.ofSeconds(1));
      String missing = code == NOT_EXECUTABLE || code == NOT_FOUND ? missing() : "";
      if (missing.isEmpty()) {
        finish(code);
      } else {
        fail(START + missing);
      }
    } catch (IOException e) {
      fail(String.valueOf(e.getMessage()));
    }
  }

  /** Why its program cannot be run; empty if it can, and so ended of itself. */
  private String missing() throws IOException, InterruptedException {
    String program = words().getFirst();
    if (start(List.of("sh", "-c", IS_THERE, "sh", program)).waitFor() == 0) {
      return "";
    }
    String exec = "exec: \"" + program + "\": ";
    if (!program.contains("/")) {
      return exec + "executable file not found in $PATH";
    }
    return start(List.of("test", "-e", program)).waitFor() == 0
        ? exec + "permission denied"
        : exec + "stat " + program + ": no such file or directory";
  }

  /** It never ran: a container runtime says so by an exit code of its own. */
  private void fail(String why) {
    synchronized (this) {
      message = why;
      began = Instant.EPOCH;
      log = new ContainerLog();
    }
    finish(START_ERROR);
  }

  private synchronized ContainerLog begin() {
    if (starts > 0) {
      previousLog = log;
      log = new ContainerLog();
    }
    starts++;
    phase = Phase.RUNNING;
    ready = false;
    message = "";
    began = Instant.now();
    return log;
  }

  private synchronized void finish(int code) {
    phase = Phase.TERMINATED;
    exit = code;
    ended = Instant.now();
    log.end();
  }

  private List<String> words() {
    List<String> words = new ArrayList<>();
    spec.path("command").forEach(word -> words.add(expand(word.asText())));
    spec.path("args").forEach(word -> words.add(expand(word.asText())));
    return words.isEmpty() ? List.of("sleep", "infinity") : words;
  }

  private String expand(String text) {
    String result = text;
    for (Map.Entry<String, String> entry : environment.entrySet()) {
      result = result.replace("$(" + entry.getKey() + ")", entry.getValue());
    }
    return result;
  }

  /** Starts a process beside the main one. */
  Process start(List<String> words) throws IOException {
    String directory = spec.path("workingDir").asText("/");
    return compartment().start(new Compartment.Command(words, environment, directory, user));
  }

  private synchronized Compartment compartment() throws IOException {
    if (compartment == null) {
      Files.createDirectories(stage);
      compartment = Compartment.open(stage, mounts);
    }
    return compartment;
  }

  /** Ends it as the loss of its node does: nobody hears of it. */
  void lose() throws InterruptedException {
    lost = true;
    stop(Duration.ZERO);
    close();
  }

  /** Whether its node is lost. */
  boolean lost() {
    return lost;
  }

  /** Asks the main process to end, and ends it if it does not within the time. */
  void stop(Duration grace) throws InterruptedException {
    stopped.countDown();
    Process main;
    Compartment place;
    synchronized (this) {
      main = process;
      place = compartment;
    }
    if (main != null && place != null && main.isAlive()) {
      place.terminate(main);
      if (!main.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        main.children().forEach(ProcessHandle::destroyForcibly);
        main.destroyForcibly();
      }
    }
  }

  @Override
  public void close() {
    stopped.countDown();
    Compartment place;
    synchronized (this) {
      place = compartment;
    }
    if (place != null) {
      place.close();
    }
  }

  /** The containerStatus. */
  synchronized ObjectNode status() {
    ObjectNode status = dev.holdfast.model.Json.MAPPER.createObjectNode();
    status.put("name", name).put("image", spec.path("image").asText());
    status.put("imageID", spec.path("image").asText());
    status.put("ready", ready && phase == Phase.RUNNING);
    status.put("started", phase == Phase.RUNNING);
    status.put("restartCount", Math.max(0, starts - 1));
    ObjectNode state = status.putObject("state");
    switch (phase) {
      case WAITING -> state.putObject("waiting").put("reason", waiting);
      case RUNNING -> state.putObject("running").put("startedAt", time(began));
      case TERMINATED -> terminated(state.putObject("terminated"));
    }
    if (starts > 0) {
      status.put("containerID", id);
      if (phase == Phase.WAITING) {
        terminated(status.putObject("lastState").putObject("terminated"));
      }
    }
    return status;
  }

  private void terminated(ObjectNode into) {
    into.put("exitCode", exit).put("reason", exit == 0 ? "Completed" : "Error");
    if (!message.isEmpty()) {
      into.put("message", message).put("reason", "StartError");
    }
    into.put("startedAt", time(began)).put("finishedAt", time(ended)).put("containerID", id);
  }

  private static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
