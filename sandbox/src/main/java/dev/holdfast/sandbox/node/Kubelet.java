package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.sandbox.control.Controller;
import dev.holdfast.sandbox.schema.Types;
import dev.holdfast.sandbox.store.Change;
import dev.holdfast.sandbox.store.Stored;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Runs the pods of all nodes. */
final class Kubelet implements Controller, AutoCloseable {

  private static final Set<GroupResource> AWAITED =
      Set.of(Types.CLAIMS, Types.VOLUMES, Types.SECRETS, Types.CONFIG_MAPS);

  private static final int ATTEMPTS = 5;

  private final Objects objects;
  private final Path home;
  private final Set<String> nodes;
  private final Set<String> lost = ConcurrentHashMap.newKeySet();
  private final Map<String, PodRun> running = new ConcurrentHashMap<>();
  private final Set<String> ending = ConcurrentHashMap.newKeySet();
  private final Signal changed = new Signal();
  private final Attachments attachments = new Attachments(changed);
  private final AtomicInteger pods = new AtomicInteger();
  private volatile boolean closed;

  /**
   * @param nodes their names
   */
  Kubelet(Objects objects, Path home, Set<String> nodes) {
    this.objects = objects;
    this.home = home;
    this.nodes = Set.copyOf(nodes);
  }

  @Override
  public void observe(Change change) {
    Stored object = change.object();
    if (AWAITED.contains(object.type())) {
      changed.give();
    }
    if (!object.type().equals(Types.PODS) || closed) {
      return;
    }
    if (change.after() == null) {
      end(object.uid(), null, Duration.ZERO);
      return;
    }
    ObjectNode pod = objects.read(change.after());
    String node = pod.at("/spec/nodeName").asText();
    if (!nodes.contains(node) || lost.contains(node)) {
      return;
    }
    String phase = pod.at("/status/phase").asText();
    boolean over = phase.equals("Succeeded") || phase.equals("Failed");
    if (change.after().terminating()) {
      long grace = pod.at("/metadata/deletionGracePeriodSeconds").asLong();
      end(object.uid(), pod, Duration.ofSeconds(grace));
    } else if (!over && !running.containsKey(object.uid())) {
      Path own = home.resolve("pods").resolve(object.uid());
      PodRun run =
          new PodRun(objects, pod, own, address(pods.incrementAndGet()), attachments, changed);
      running.put(object.uid(), run);
      var _ = Threads.start("pod", run::run);
    }
  }

  /** Leads nowhere, but the API accepts it where it refuses the loopback addresses. */
  private static String address(int number) {
    return "10.244." + (number >> 8 & 255) + "." + (number & 255);
  }

  /** Stops a pod's processes, then lets its object go. */
  private void end(String uid, @Nullable ObjectNode pod, Duration grace) {
    if (!ending.add(uid + (pod == null ? "/gone" : ""))) {
      return;
    }
    var _ =
        Threads.start(
            "pod-end",
            () -> {
              try {
                PodRun run = running.get(uid);
                if (run != null) {
                  run.stop(grace);
                  attachments.release(uid);
                  discard(home.resolve("pods").resolve(uid));
                }
                running.remove(uid);
                if (pod != null) {
                  objects.delete(Types.PODS, pod, 0);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /**
   * Removes a pod's directory. A process that was killed a moment ago may still write there: it is
   * tried again, and what stays goes with the sandbox. The pod itself must not wait for that.
   */
  static void discard(Path directory) throws InterruptedException {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        delete(directory);
        return;
      } catch (UncheckedIOException e) {
        System.getLogger("dev.holdfast.sandbox")
            .log(System.Logger.Level.DEBUG, "cannot remove " + directory, e);
        TimeUnit.MILLISECONDS.sleep(50L * attempt);
      }
    }
  }

  /** Removes a directory with all that is in it; links are not followed. */
  static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
              if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE; // somebody else was faster
              }
              throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
                throws IOException {
              Files.deleteIfExists(dir);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The processes of a node end, and nothing that is asked of it is done any more: its pods stay as
   * they are, and one that is deleted does not go.
   */
  void lose(String node) throws InterruptedException {
    lost.add(node);
    for (PodRun run : running.values()) {
      if (run.node().equals(node)) {
        run.lose();
      }
    }
  }

  /** Whether a node is lost. */
  boolean lost(String node) {
    return lost.contains(node);
  }

  /** The running pod, or null. */
  @Nullable PodRun find(String uid) {
    return running.get(uid);
  }

  @Override
  public void close() {
    closed = true;
    for (PodRun run : running.values()) {
      try {
        run.stop(Duration.ZERO);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
