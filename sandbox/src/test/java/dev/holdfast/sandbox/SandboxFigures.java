package dev.holdfast.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Measures a server: creates, lists, changes, and for a sandbox its memory. {@code SandboxFigures
 * [N]} measures a sandbox in this process, {@code SandboxFigures N URL TOKEN PEM} any other server,
 * {@code SandboxFigures fleet} the starts of a thousand sandboxes.
 */
final class SandboxFigures {

  private static final int WORKERS = 8;
  private static final String PATH = "/api/v1/namespaces/figures/secrets";

  private SandboxFigures() {}

  private interface Step {
    void run(int n) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    if (args.length == 1 && args[0].equals("fleet")) {
      fleet();
      return;
    }
    int count = args.length == 0 ? 50_000 : Integer.parseInt(args[0]);
    if (args.length > 1) {
      String pem = java.nio.file.Files.readString(java.nio.file.Path.of(args[3]));
      server(new Client(args[1], args[2], pem), count);
      return;
    }
    for (int each : new int[] {count / 10, count}) { // ten times as many: the rates must not fall
      System.out.println(each + " Secrets of 1 KiB");
      try (Sandbox sandbox = Sandbox.start()) {
        Client client = new Client(sandbox);
        client.get("/version");
        long before = heap();
        server(client, each);
        System.out.printf("heap per Secret: %d bytes%n", (heap() - before) / each);
      }
    }
  }

  private static void server(Client client, int count) throws Exception {
    client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"figures\"}}");
    ObjectNode secret = Json.MAPPER.createObjectNode();
    secret.putObject("data").put("v", new byte[768]); // 1 KiB in base64
    rate(
        "creates, " + WORKERS + " workers",
        count,
        n -> {
          ObjectNode own = secret.deepCopy();
          own.putObject("metadata").put("name", "s" + n);
          check(client.post(PATH, own.toString()), 201);
        });
    for (int round = 0; round < 3; round++) {
      list(client, count);
    }
    watched(client, count);
    rate(
        "merge patches, " + WORKERS + " workers",
        count / 5,
        n ->
            check(client.merge(PATH + "/s" + n, "{\"metadata\":{\"labels\":{\"l\":\"1\"}}}"), 200));
  }

  private static void check(Client.Answer answer, int code) {
    if (answer.code() != code) {
      throw new IllegalStateException(answer.body().toString());
    }
  }

  private static void list(Client client, int count) throws Exception {
    long start = System.nanoTime();
    String next = "";
    int found = 0;
    do {
      var page = client.bytes(PATH + "?limit=500" + (next.isEmpty() ? "" : "&continue=" + next));
      int at = page.indexOf("\"continue\":\"");
      next = at < 0 ? "" : page.substring(at + 12, page.indexOf('"', at + 12));
      found += 500;
    } while (!next.isEmpty());
    print("list in pages of 500", Math.min(found, count), start);
  }

  /** A watch is told of every object, then of changes while they are made. */
  private static void watched(Client client, int count) throws Exception {
    int changes = count / 5;
    CountDownLatch initial = new CountDownLatch(count);
    CountDownLatch later = new CountDownLatch(changes);
    long start = System.nanoTime();
    var lines = client.watch(PATH + "?watch=true");
    Thread watcher = Thread.ofVirtual().start(() -> count(lines, initial, later));
    initial.await();
    print("watch, initial events", count, start);
    long before = System.nanoTime();
    rate(
        "updates beside a watch, " + WORKERS + " workers",
        changes,
        n ->
            check(client.merge(PATH + "/s" + n, "{\"metadata\":{\"labels\":{\"w\":\"1\"}}}"), 200));
    later.await();
    print("watch, events of these updates", changes, before);
    lines.close();
    watcher.join();
  }

  private static void count(Stream<String> lines, CountDownLatch initial, CountDownLatch later) {
    try {
      lines.forEach(_ -> {
        if (initial.getCount() > 0) {
          initial.countDown();
        } else {
          later.countDown();
        }
      });
    } catch (UncheckedIOException e) {
      // the watch was closed
    }
  }

  private static void rate(String what, int count, Step step) throws Exception {
    long start = System.nanoTime();
    AtomicInteger next = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int w = 0; w < WORKERS; w++) {
        all.add(
            threads.submit(() -> {
              for (int n = next.getAndIncrement(); n < count; n = next.getAndIncrement()) {
                step.run(n);
              }
              return null;
            }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
    print(what, count, start);
  }

  private static void print(String what, int count, long start) {
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf("%s: %.0f/s (%d in %.1f s)%n", what, count / seconds, count, seconds);
  }

  private static void fleet() throws Exception {
    System.gc();
    long before = heap();
    List<Sandbox> fleet = new ArrayList<>();
    List<Long> started = new ArrayList<>();
    List<Long> first = new ArrayList<>();
    List<Long> collected = new ArrayList<>();
    List<Long> cpu = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      long pauses = collecting();
      long used = cpu();
      long start = System.nanoTime();
      Sandbox sandbox = Sandbox.start();
      fleet.add(sandbox);
      started.add((System.nanoTime() - start) / 1000);
      Client client = Client.shared(sandbox);
      client.get("/api/v1/namespaces");
      first.add((System.nanoTime() - start) / 1000);
      collected.add(collecting() - pauses);
      cpu.add((cpu() - used) / 1000);
      for (int n = 0; n < 20; n++) {
        check(
            client.post(
                "/api/v1/namespaces/default/configmaps",
                "{\"metadata\":{\"name\":\"c" + n + "\"},\"data\":{\"k\":\"v\"}}"),
            201);
      }
    }
    System.out.printf("1000 sandboxes with 20 objects: %d MiB of heap%n", (heap() - before) >> 20);
    times("start", started.subList(1, 1000));
    times("start to first answer", first.subList(1, 1000));
    times("the same, without the first hundred", first.subList(100, 1000));
    times("CPU of the process meanwhile", cpu.subList(100, 1000));
    System.out.printf(
        "longer than 20 ms: %d; with a collection meanwhile: %d%n",
        first.stream().skip(1).filter(each -> each > 20_000).count(),
        java.util.stream.IntStream.range(1, 1000)
            .filter(i -> first.get(i) > 20_000 && collected.get(i) > 0)
            .count());
    fleet.forEach(Sandbox::close);
  }

  /** Nanoseconds of CPU time of this process, client, JIT and collector included. */
  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean)
            java.lang.management.ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** Milliseconds that collections have taken. */
  private static long collecting() {
    return java.lang.management.ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(java.lang.management.GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }

  private static void times(String what, List<Long> micros) {
    List<Long> sorted = micros.stream().sorted().toList();
    int n = sorted.size();
    System.out.printf(
        "%s: median %.1f ms, 90 %% %.1f ms, 99 %% %.1f ms, longest %.1f ms%n",
        what,
        sorted.get(n / 2) / 1e3,
        sorted.get(n * 90 / 100) / 1e3,
        sorted.get(n * 99 / 100) / 1e3,
        sorted.getLast() / 1e3);
  }

  private static long heap() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(100);
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
