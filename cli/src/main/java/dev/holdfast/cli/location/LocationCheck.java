package dev.holdfast.cli.location;

import dev.holdfast.archive.LocationKeys;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.cli.output.Units;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code holdfast backup-location check}. */
@Command(
    name = "check",
    description = {
      "Try a location: write, read back, delete, list.",
      "The object it writes is plugins/holdfast/check-..., which it removes again."
    })
final class LocationCheck implements Callable<Integer> {

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "A configured name, a directory or s3://bucket/prefix. Default: --location.")
  @Nullable String name;

  private final Session session;

  LocationCheck(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    try (OpenLocation location = session.namedLocation(name)) {
      Operation op = session.operation();
      ObjectStore store = location.store();
      if (!"ReadOnly".equals(location.document().spec().accessMode())) {
        roundTrip(op, store);
      }
      int backups = store.list(op, LocationKeys.BACKUPS).prefixes().size();
      ok("lists", Units.count(backups, "backup"));
      ok("is usable", store.describe());
      return ExitCode.OK;
    }
  }

  private void roundTrip(Operation op, ObjectStore store) {
    String key = "plugins/holdfast/check-" + UUID.randomUUID();
    byte[] content = key.getBytes(StandardCharsets.UTF_8);
    var _ = store.put(op, key, content, ObjectStore.PutOptions.NONE);
    try (InputStream in = store.get(op, key)) {
      if (!Arrays.equals(in.readAllBytes(), content)) {
        throw new Failure.Corrupt(store.describe() + " gives back other bytes than were written");
      }
    } catch (IOException e) {
      throw new Failure.Unreachable("Cannot read back from " + store.describe(), null, e);
    } finally {
      store.delete(op, key);
    }
    ok("writes, reads and deletes", "");
    if (store.capabilities().putIfAbsent()) {
      ok("has conditional writes", "two runs of one name cannot both win");
    }
  }

  private void ok(String what, String detail) {
    session
        .out()
        .println(session.style().green("✔ ") + what + (detail.isEmpty() ? "" : ": " + detail));
  }
}
