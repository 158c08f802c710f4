package dev.holdfast.sandbox.node;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the processes of one container run, and see its volumes at their mount paths. */
interface Compartment extends AutoCloseable {

  /**
   * What to start.
   *
   * @param directory absolute, in the container
   * @param user null for the user that the sandbox runs as
   */
  record Command(
      List<String> words, Map<String, String> environment, String directory, @Nullable User user) {}

  /**
   * Whom a container runs as; needs a sandbox that runs as root.
   *
   * @param groups supplemental ones, fsGroup included
   */
  record User(long uid, long gid, List<Long> groups) {

    /** The words that change to this user, then run what follows. */
    List<String> words() {
      List<String> words = new ArrayList<>(List.of("setpriv", "--reuid=" + uid, "--regid=" + gid));
      words.add(
          groups.isEmpty()
              ? "--clear-groups"
              : "--groups=" + String.join(",", groups.stream().map(String::valueOf).toList()));
      return words;
    }
  }

  /** Starts a process with pipes for its three streams. */
  Process start(Command command) throws IOException;

  /** Asks a process that {@link #start} gave to end. */
  void terminate(Process process);

  /** Ends what processes that have ended left running, as the end of a container's first does. */
  void sweep();

  /** Ends every process in it. */
  @Override
  void close();

  /**
   * A new one: in name spaces of its own where this machine permits that, else among the machine's
   * processes, with paths in arguments translated.
   *
   * @param stage an empty directory
   */
  static Compartment open(Path stage, List<Mount> mounts) throws IOException {
    return Jail.possible() ? new Jail(stage, mounts) : new PathTranslation(stage, mounts);
  }
}
