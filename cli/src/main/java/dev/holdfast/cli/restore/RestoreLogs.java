package dev.holdfast.cli.restore;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.engine.restore.Restores;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.zip.GZIPInputStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast restore logs}. */
@Command(name = "logs", description = "Print the log of a restore.")
public final class RestoreLogs implements Callable<Integer> {

  @Parameters(paramLabel = "NAME", description = "The restore.")
  String name = "";

  @Mixin final RecordsFlag records = new RecordsFlag();

  private final Session session;

  public RestoreLogs(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.location()) {
      Restores restores = records.restores(location);
      try (InputStream log = new GZIPInputStream(restores.log(session.operation(), name))) {
        session.out().print(new String(log.readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new Failure.Corrupt("The log of restore " + name + " cannot be read", null, e);
      }
      return ExitCode.OK;
    }
  }
}
