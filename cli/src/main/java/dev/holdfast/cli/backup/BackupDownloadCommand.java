package dev.holdfast.cli.backup;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.IdentityFlag;
import dev.holdfast.cli.output.Units;
import dev.holdfast.engine.inspect.BackupDownload;
import dev.holdfast.engine.inspect.BackupReader;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup download}. */
@Command(name = "download", description = "Copy the archive of a backup to a file.")
public final class BackupDownloadCommand implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The backup.")
  String name = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Default: NAME-data.tar.gz.")
  @Nullable Path file;

  @Option(names = "--force", description = "Replace the file if it exists.")
  boolean force;

  @Mixin final IdentityFlag identity = new IdentityFlag();

  private final Session session;

  public BackupDownloadCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Path target =
        (file == null ? Path.of(name + "-data.tar.gz") : file).toAbsolutePath().normalize();
    if (Files.exists(target) && !force) {
      throw new Failure.Conflict(target + " exists already", "--force replaces it", null);
    }
    try (OpenLocation location = session.location()) {
      BackupReader backup =
          BackupReader.open(session.operation(), location.store(), name, identity.decryption());
      long bytes = copy(backup, target);
      session.out().println("Backup " + name + ": " + Units.bytes(bytes) + " in " + target);
      return ExitCode.OK;
    }
  }

  /** The file is there whole or not at all. */
  private static long copy(BackupReader backup, Path target) {
    try {
      Path partial = Files.createTempFile(target.getParent(), ".download", ".tar.gz");
      try {
        long bytes;
        try (OutputStream out = Files.newOutputStream(partial)) {
          bytes = BackupDownload.archive(backup, out);
        }
        Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
        return bytes;
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      throw new Failure.Full("Cannot write " + target + ": " + e.getMessage(), null, e);
    }
  }
}
