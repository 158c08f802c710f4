package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.keys.Passwords;
import dev.holdfast.repository.lock.HeldLock;
import dev.holdfast.repository.tree.GoTime;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code holdfast repo key list}. */
@Command(name = "list", description = "List the keys: one a password; * is the one in use.")
final class RepoKeyList implements Callable<Integer> {

  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoKeyList(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    Operation op = session.operation();
    try (OpenRepository open = flags.openToRead();
        HeldLock _ = locks.shared(open.repository(), session)) {
      List<Passwords.Entry> entries = new Passwords(open.repository()).list(op);
      if (flags.json()) {
        json(entries);
      } else {
        table(entries);
      }
    }
    return ExitCode.OK;
  }

  private void table(List<Passwords.Entry> entries) {
    ResticTable table =
        new ResticTable().column(" ID").column("User").column("Host").column("Created");
    for (Passwords.Entry entry : entries) {
      KeyFile file = entry.file();
      String id = (entry.current() ? "*" : " ") + entry.id().shortText();
      table.row(
          file == null
              ? List.of(List.of(id), List.of("?"), List.of("?"), List.of("cannot be read"))
              : List.of(
                  List.of(id),
                  List.of(text(file.username())),
                  List.of(text(file.hostname())),
                  List.of(created(file))));
    }
    table.print(session.out());
  }

  private void json(List<Passwords.Entry> entries) {
    ArrayNode json = Json.MAPPER.createArrayNode();
    for (Passwords.Entry entry : entries) {
      KeyFile file = entry.file();
      if (file != null) {
        json.addObject()
            .put("current", entry.current())
            .put("id", entry.id().toString())
            .put("userName", text(file.username()))
            .put("hostName", text(file.hostname()))
            .put("created", created(file));
      }
    }
    session.out().println(Json.string(json));
  }

  private static String text(@org.jspecify.annotations.Nullable String text) {
    return text == null ? "" : text;
  }

  private static String created(KeyFile file) {
    try {
      return GoTime.parse(file.created())
          .atZoneSameInstant(ZoneId.systemDefault())
          .format(SnapshotTable.TIME);
    } catch (Failure.Corrupt e) {
      return text(file.created());
    }
  }
}
