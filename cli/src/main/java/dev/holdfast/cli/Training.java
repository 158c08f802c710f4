package dev.holdfast.cli;

/**
 * Run once by the build: what these command lines load goes into the AOT cache that later starts
 * use. The cluster is a sandbox in another process, whose classes would only make starts slower.
 */
final class Training {

  private static final String BACKUP = "training";
  private static final String PASSWORD = "--password-command=echo training";

  private Training() {}

  /** {@code KUBECONFIG FOLDER}; without them it trains what needs no cluster. */
  public static void main(String[] args) {
    Main.main(new String[] {"version"});
    run("--help");
    if (args.length == 2) {
      String cluster = "--kubeconfig=" + args[0];
      String location = "--location=" + args[1];
      run("backup", "create", BACKUP, "--snapshot-volumes=false", cluster, location);
      run("backup", "get", location);
      run("backup", "describe", BACKUP, location);
      run("backup", "verify", BACKUP, location);
      run("restore", "plan", "--from-backup", BACKUP, cluster, location);
      String mapping = "--namespace-mappings=default:" + BACKUP;
      run("restore", "create", "--from-backup", BACKUP, mapping, cluster, location);
      String repository = "--repo=" + args[1] + "/repository";
      run("repo", "init", repository, PASSWORD);
      run("repo", "backup", repository, PASSWORD, args[1] + "/backups");
      run("repo", "backup", repository, PASSWORD, args[1]);
      run("repo", "snapshots", repository, PASSWORD);
    }
  }

  private static void run(String... line) {
    var _ = Main.run(line);
  }
}
