package dev.holdfast.cli.backup;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.document.IdentityFlag;
import dev.holdfast.engine.backup.Backups;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup logs}. */
@Command(name = "logs", description = "Print the log of a backup.")
public final class BackupLogs implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The backup.")
  String name = "";

  @Mixin final IdentityFlag identity = new IdentityFlag();

  private final Session session;

  public BackupLogs(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.location()) {
      session
          .out()
          .print(
              new Backups(location.store()).logs(session.operation(), name, identity.decryption()));
      return ExitCode.OK;
    }
  }
}
