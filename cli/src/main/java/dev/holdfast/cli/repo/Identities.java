package dev.holdfast.cli.repo;

import dev.holdfast.repository.Repository;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who makes snapshots and keys: the user of this process on this host. */
final class Identities {

  private Identities() {}

  /**
   * @param host {@code --host}; null for RESTIC_HOST, else this machine's name
   */
  static Repository.Identity of(@Nullable String host, Map<String, String> environment) {
    String named = host == null ? environment.getOrDefault("RESTIC_HOST", "") : host;
    return new Repository.Identity(
        System.getProperty("user.name", ""), named.isEmpty() ? hostname() : named);
  }

  /** As the kernel has it, which is what restic asks. */
  private static String hostname() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (java.io.IOException e) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unknown) {
        return "localhost";
      }
    }
  }
}
