package dev.holdfast.sandbox.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.sandbox.schema.Types;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One pod on its node, from its volumes to its end, on a virtual thread: volumes, init containers
 * one after the other, containers side by side, and a status after each step.
 */
final class PodRun {

  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);

  private final Objects objects;
  private final ObjectNode pod;
  private final Path home;
  private final String address;
  private final Attachments attachments;
  private final Signal changed;
  private final String started = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  private final List<ContainerRun> init = new ArrayList<>();
  private final List<ContainerRun> main = new ArrayList<>();
  private final CountDownLatch done = new CountDownLatch(1);
  private final PodEvents events;
  private volatile boolean stopping;
  private volatile boolean lost;
  private volatile boolean initialized;
  private volatile boolean told;
  private volatile String trouble = "";

  /**
   * @param pod as it was when it came to its node
   * @param home a directory for it alone
   * @param address what is shown as its own; its processes listen on this machine's
   * @param changed given a signal when an object changes that a pod may wait for
   */
  PodRun(
      Objects objects,
      ObjectNode pod,
      Path home,
      String address,
      Attachments attachments,
      Signal changed) {
    this.objects = objects;
    this.pod = pod;
    this.home = home;
    this.address = address;
    this.attachments = attachments;
    this.changed = changed;
    this.events = new PodEvents(objects, pod);
  }

  /** The container, or null if it does not run. */
  @Nullable ContainerRun container(String name) {
    synchronized (main) {
      for (List<ContainerRun> all : List.of(main, init)) {
        for (ContainerRun each : all) {
          if (each.name().equals(name)) {
            return each;
          }
        }
      }
    }
    return null;
  }

  /** Runs until the pod has ended or {@link #stop} was called. */
  void run() {
    try {
      if (prepare() && initialize()) {
        live();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the end of the sandbox
    } catch (RuntimeException e) {
      System.getLogger("dev.holdfast.sandbox")
          .log(System.Logger.Level.ERROR, "pod " + pod.at("/metadata/name").asText(), e);
    } finally {
      if (!lost) {
        attachments.release(pod.at("/metadata/uid").asText());
      }
      done.countDown();
    }
  }

  private boolean prepare() throws InterruptedException {
    while (!stopping) {
      long seen = changed.count();
      try {
        PodVolumes volumes = new PodVolumes(objects, pod, home, attachments);
        volumes.prepare();
        containers("/spec/initContainers", volumes, init);
        containers("/spec/containers", volumes, main);
        trouble = "";
        return true;
      } catch (PodVolumes.NotReady | IOException e) {
        synchronized (main) {
          init.clear();
          main.clear();
        }
        trouble = String.valueOf(e.getMessage());
        told = e instanceof PodVolumes.NotReady wait && events.warn(wait.event(), trouble);
        if (told) {
          trouble = "containers with unready status: " + names();
        }
        report("Pending");
        changed.await(seen, Duration.ofSeconds(5));
      }
    }
    return false;
  }

  /** As Go prints a list. */
  private String names() {
    return pod.at("/spec/containers")
        .valueStream()
        .map(each -> each.path("name").asText())
        .collect(Collectors.joining(" ", "[", "]"));
  }

  private void containers(String pointer, PodVolumes volumes, List<ContainerRun> into)
      throws PodVolumes.NotReady, IOException {
    Environment environment = new Environment(objects, pod);
    for (JsonNode spec : pod.at(pointer)) {
      Path stage = home.resolve("containers").resolve(spec.path("name").asText());
      ContainerRun container =
          new ContainerRun(spec, stage, volumes.mounts(spec), environment.of(spec), user(spec));
      synchronized (main) {
        into.add(container);
      }
    }
  }

  /** runAsUser, runAsGroup and the groups; null if the pod leaves the user to its image. */
  private Compartment.@Nullable User user(JsonNode container) {
    JsonNode own = container.path("securityContext");
    JsonNode all = pod.at("/spec/securityContext");
    JsonNode uid = own.has("runAsUser") ? own.path("runAsUser") : all.path("runAsUser");
    JsonNode gid = own.has("runAsGroup") ? own.path("runAsGroup") : all.path("runAsGroup");
    if (!uid.isIntegralNumber()) {
      return null;
    }
    List<Long> groups = new ArrayList<>();
    all.path("supplementalGroups").forEach(group -> groups.add(group.asLong()));
    if (all.path("fsGroup").isIntegralNumber()) {
      groups.add(all.path("fsGroup").asLong());
    }
    return new Compartment.User(uid.asLong(), gid.asLong(0), groups);
  }

  private String restartPolicy() {
    return pod.at("/spec/restartPolicy").asText("Always");
  }

  /** False if the pod ended here. */
  private boolean initialize() throws InterruptedException {
    for (ContainerRun container : init) {
      if (container.spec().path("restartPolicy").asText().equals("Always")) {
        keep(container, "Always", new CountDownLatch(1)); // a sidecar
        continue;
      }
      Duration pause = FIRST_PAUSE;
      while (true) {
        container.run(true, () -> report("Pending"));
        if (stopping) {
          return false;
        }
        if (container.exit() == 0) {
          break;
        }
        if (restartPolicy().equals("Never")) {
          report("Failed");
          return false;
        }
        container.waitFor("CrashLoopBackOff");
        report("Pending");
        pause = pause(pause);
      }
    }
    initialized = true;
    return true;
  }

  private Duration pause(Duration pause) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(pause.toMillis());
    Duration next = pause.multipliedBy(2);
    return next.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : next;
  }

  private void live() throws InterruptedException {
    CountDownLatch left = new CountDownLatch(main.size());
    for (ContainerRun container : main) {
      keep(container, restartPolicy(), left);
    }
    left.await();
    if (!stopping) {
      boolean good = main.stream().allMatch(container -> container.exit() == 0);
      report(good ? "Succeeded" : "Failed");
      init.forEach(ContainerRun::close);
      main.forEach(ContainerRun::close);
    }
  }

  /** Runs a container again and again as the policy says, on a thread of its own. */
  private void keep(ContainerRun container, String policy, CountDownLatch left) {
    var _ =
        Threads.start(
            "container",
            () -> {
              try {
                Duration pause = FIRST_PAUSE;
                while (!stopping) {
                  container.run(!policy.equals("Always"), () -> running(container));
                  report(phase());
                  if (stopping
                      || policy.equals("Never")
                      || policy.equals("OnFailure") && container.exit() == 0) {
                    break;
                  }
                  container.waitFor("CrashLoopBackOff");
                  report(phase());
                  pause = pause(pause);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                left.countDown();
              }
            });
  }

  private String phase() {
    return initialized ? "Running" : "Pending";
  }

  private void running(ContainerRun container) {
    Readiness.watch(container, () -> report(phase()));
    report(phase());
  }

  /** The name of its node. */
  String node() {
    return pod.at("/spec/nodeName").asText();
  }

  /** Ends as the loss of its node does: its status stays what it was. */
  void lose() throws InterruptedException {
    lost = true;
    stopping = true;
    changed.give();
    List<ContainerRun> all = new ArrayList<>();
    synchronized (main) {
      all.addAll(main);
      all.addAll(init);
    }
    for (ContainerRun container : all) {
      container.lose();
    }
  }

  /** Ends all processes. */
  void stop(Duration grace) throws InterruptedException {
    stopping = true;
    changed.give();
    List<ContainerRun> all = new ArrayList<>();
    synchronized (main) {
      all.addAll(main);
      all.addAll(init);
    }
    for (ContainerRun container : all) {
      container.stop(grace);
    }
    all.forEach(ContainerRun::close);
    if (done.getCount() > 0) {
      var _ = done.await(5, TimeUnit.SECONDS);
    }
  }

  private synchronized void report(String phase) {
    if (stopping) {
      return;
    }
    List<ContainerRun> first;
    List<ContainerRun> then;
    synchronized (main) {
      first = List.copyOf(init);
      then = List.copyOf(main);
    }
    objects.edit(
        Types.PODS,
        pod,
        "status",
        "kubelet",
        present -> {
          ObjectNode status = present.withObject("/status");
          status.put("phase", phase);
          status.put("hostIP", "127.0.0.1").put("podIP", address).put("startTime", started);
          status.putArray("podIPs").addObject().put("ip", address);
          status.putArray("hostIPs").addObject().put("ip", "127.0.0.1");
          status.put("qosClass", status.path("qosClass").asText("BestEffort"));
          if (!first.isEmpty()) {
            statuses(status.putArray("initContainerStatuses"), first);
          }
          if (then.isEmpty()) {
            creating(status.putArray("containerStatuses"));
          } else {
            statuses(status.putArray("containerStatuses"), then);
          }
          boolean ready = phase.equals("Running") && then.stream().allMatch(ContainerRun::ready);
          String why = phase.equals("Succeeded") ? "PodCompleted" : "ContainersNotReady";
          conditions(status, phase, ready, why);
        });
  }

  private static void statuses(ArrayNode into, List<ContainerRun> containers) {
    containers.forEach(container -> into.add(container.status()));
  }

  /** Of a pod whose events say what it waits for. */
  private void creating(ArrayNode into) {
    if (!told) {
      return;
    }
    for (JsonNode spec : pod.at("/spec/containers")) {
      ObjectNode status = into.addObject().put("name", spec.path("name").asText());
      status.put("image", spec.path("image").asText()).put("imageID", "");
      status.put("ready", false).put("started", false).put("restartCount", 0);
      status.putObject("state").putObject("waiting").put("reason", "ContainerCreating");
    }
  }

  private void conditions(ObjectNode status, String phase, boolean ready, String why) {
    Map<String, Boolean> wanted = new java.util.LinkedHashMap<>();
    wanted.put("PodReadyToStartContainers", trouble.isEmpty());
    wanted.put("Initialized", initialized || phase.equals("Succeeded"));
    wanted.put("Ready", ready);
    wanted.put("ContainersReady", ready);
    wanted.put("PodScheduled", true);
    Conditions.set(status, wanted, why, trouble);
  }
}
