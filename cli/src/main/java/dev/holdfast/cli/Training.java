package dev.holdfast.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.cluster.ClusterOptions;
import dev.holdfast.cluster.Clusters;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Operation;
import dev.holdfast.model.ResourceType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Run once by the build: what these command lines load goes into the AOT cache that later starts
 * use, and what they run often is known there as worth compiling. The cluster is a sandbox in
 * another process, whose classes would only make starts slower.
 */
final class Training {

  private static final String BACKUP = "training";
  private static final int ITEMS = 2000;
  private static final int FILES = 4000;
  private static final int FOLDERS = 50;
  private static final int LARGE = 48 << 20;
  private static final String PASSWORD = "--password-command=echo training";

  private Training() {}

  /**
   * {@code KUBECONFIG FOLDER BUCKET}; without them it trains what needs no cluster or bucket. Or
   * {@code repo FOLDER BUCKET}, for the verbs of {@code repo} alone.
   */
  public static void main(String[] args) {
    Main.main(new String[] {"version"});
    run("--help");
    if (args.length >= 2 && args[0].equals("repo")) {
      volumes(args);
    } else if (args.length >= 2) {
      fill(Path.of(args[0]));
      String cluster = "--kubeconfig=" + args[0];
      String location = "--location=" + args[1];
      run("backup", "create", BACKUP, "--snapshot-volumes=false", cluster, location);
      run("backup", "get", location);
      run("backup", "describe", BACKUP, location);
      run("backup", "verify", BACKUP, location);
      run("restore", "plan", "--from-backup", BACKUP, cluster, location);
      String mapping = "--namespace-mappings=default:" + BACKUP;
      run("restore", "create", "--from-backup", BACKUP, mapping, cluster, location);
      volumes(args);
    }
  }

  private static void volumes(String[] args) {
    Path source = files(Path.of(args[1]).resolveSibling("volume"));
    volumes(source, source.resolveSibling("repository").toString());
    if (args.length == 3) {
      volumes(source, args[2]);
    }
  }

  /** A repository, and in it files that are like volumes'. */
  private static void volumes(Path source, String place) {
    String repository = "--repo=" + place;
    String target = "--target=" + source.resolveSibling("restored");
    run("repo", "init", repository, PASSWORD);
    run("repo", "backup", repository, PASSWORD, source.toString());
    run("repo", "backup", repository, PASSWORD, source.toString(), "--tag=again");
    run("repo", "snapshots", repository, PASSWORD);
    run("repo", "restore", "latest", target, repository, PASSWORD);
    run("repo", "check", "--read-data", repository, PASSWORD);
    run("repo", "forget", "--keep-last=1", "--prune", repository, PASSWORD);
  }

  private static Path files(Path source) {
    try {
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < FILES; i++) {
        Path folder = Files.createDirectories(source.resolve("folder-" + i % FOLDERS));
        Files.writeString(folder.resolve("file-" + i), "training %d ".formatted(i).repeat(200));
      }
      byte[] bytes = new byte[LARGE];
      random.nextBytes(bytes);
      Files.write(source.resolve("large"), bytes);
      return source;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** So much that a backup and a restore run what they consist of more often than once. */
  private static void fill(Path kubeconfig) {
    Operation op = Operation.start();
    try (Cluster cluster = Clusters.connect(ClusterOptions.of(kubeconfig, null))) {
      ResourceType type =
          cluster.discover(op).find(GroupResource.parse("configmaps")).orElseThrow();
      op.forEach(
          IntStream.range(0, ITEMS).iterator(),
          8,
          number -> {
            String item =
                """
                {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s-%d"},\
                "data":{"content":"%s"}}\
                """
                    .formatted(BACKUP, number, "training ".repeat(100));
            cluster.create(op, type, "default", item.getBytes(UTF_8), Cluster.WriteOptions.NONE);
          });
    }
  }

  private static void run(String... line) {
    var _ = Main.run(line);
  }
}
