package dev.holdfast.sandbox.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A mount and a process name space, held by a process that waits for the end of its input: so all
 * of it ends with the sandbox, also when that is killed. The root is the machine's own file system
 * under a layer that takes what is written; the volumes are bound into it.
 */
final class Jail implements Compartment {

  /** Arguments: the stage, then source, path and ro or rw of each mount. */
  private static final String HOLD =
      """
      set -e
      read -r pid rest < /proc/self/stat
      stage=$1; shift
      mount --make-rprivate /
      mount -t tmpfs -o mode=755 tmpfs "$stage"
      mkdir "$stage/upper" "$stage/work" "$stage/root"
      mount -t overlay overlay -o "lowerdir=/,upperdir=$stage/upper,workdir=$stage/work" "$stage/root"
      root=$stage/root
      # Its own /dev, as a container has: a device path below it must not make a file of the machine's.
      mount -t tmpfs -o mode=755 tmpfs "$root/dev"
      mkdir "$root/dev/pts" "$root/dev/shm"
      for node in null zero full random urandom tty; do
        touch "$root/dev/$node"; mount --bind "/dev/$node" "$root/dev/$node"
      done
      mount --rbind /dev/pts "$root/dev/pts"
      mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
      ln -s pts/ptmx "$root/dev/ptmx"
      ln -s /proc/self/fd "$root/dev/fd"
      ln -s fd/0 "$root/dev/stdin"; ln -s fd/1 "$root/dev/stdout"; ln -s fd/2 "$root/dev/stderr"
      mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
      mount -t tmpfs -o mode=755 tmpfs "$root/run"
      while [ $# -gt 0 ]; do
        if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$(dirname "$root$2")"; touch "$root$2"; fi
        mount --bind "$1" "$root$2"
        if [ "$3" = ro ]; then mount -o remount,bind,ro "$root$2"; fi
        shift 3
      done
      mount -t proc proc "$root/proc"
      # Who joins takes over the root that this process has then: it must have changed it before it says so.
      exec chroot "$root" sh -c 'echo "ready $0"; exec cat >/dev/null' "$pid"
      """;

  private static final class Probe {
    static final boolean POSSIBLE = attempt();

    private static boolean attempt() {
      try {
        Path stage = Files.createTempDirectory("holdfast-probe");
        try (Jail jail = new Jail(stage, List.of())) {
          Process process = jail.start(new Command(List.of("true"), System.getenv(), "/", null));
          return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } finally {
          Files.deleteIfExists(stage);
        }
      } catch (IOException e) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  private final Process holder;
  private final long target;

  Jail(Path stage, List<Mount> mounts) throws IOException {
    List<String> words = new ArrayList<>(List.of("unshare"));
    if (!root()) {
      words.addAll(List.of("--user", "--map-root-user"));
    }
    words.addAll(List.of("--mount", "--pid", "--fork", "--kill-child", "sh", "-c", HOLD, "sh"));
    words.add(stage.toString());
    for (Mount mount : mounts) {
      words.add(mount.source().toString());
      words.add(mount.path());
      words.add(mount.readOnly() ? "ro" : "rw");
    }
    Path complaints = Files.createTempFile("holdfast-jail", ".err");
    try {
      holder = new ProcessBuilder(words).redirectError(complaints.toFile()).start();
      target = ready(complaints);
    } finally {
      Files.deleteIfExists(complaints);
    }
  }

  private long ready(Path complaints) throws IOException {
    BufferedReader out = holder.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    if (line == null || !line.startsWith("ready ")) {
      holder.destroyForcibly();
      throw new IOException("Cannot set up a container: " + Files.readString(complaints).strip());
    }
    return Long.parseLong(line.substring("ready ".length()));
  }

  /** Whether this machine lets us. Tried once. */
  static boolean possible() {
    return Probe.POSSIBLE;
  }

  static boolean root() {
    return "root".equals(System.getProperty("user.name"));
  }

  @Override
  public Process start(Command command) throws IOException {
    List<String> words = new ArrayList<>(List.of("nsenter", "--target", String.valueOf(target)));
    if (!root()) {
      words.addAll(List.of("--user", "--preserve-credentials"));
    }
    words.addAll(List.of("--mount", "--pid", "--root", "--wd"));
    if (command.user() != null && root()) {
      words.addAll(command.user().words());
    }
    words.addAll(List.of("sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh"));
    words.add(command.directory());
    words.addAll(command.words());
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().clear();
    builder.environment().putAll(command.environment());
    return builder.start();
  }

  /** nsenter stays in front of the process and passes no signal on. */
  @Override
  public void terminate(Process process) {
    process.children().forEach(ProcessHandle::destroy);
  }

  /** An orphan's parent is the first process of the name space. */
  @Override
  public void sweep() {
    ProcessHandle.of(target)
        .ifPresent(first -> first.descendants().forEach(ProcessHandle::destroyForcibly));
  }

  @Override
  public void close() {
    holder.destroyForcibly();
    holder.children().forEach(ProcessHandle::destroyForcibly);
    try {
      holder.getOutputStream().close();
    } catch (IOException e) {
      // it has ended
    }
  }
}
