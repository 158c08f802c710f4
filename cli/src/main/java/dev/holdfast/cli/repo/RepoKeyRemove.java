package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.keys.Passwords;
import dev.holdfast.repository.lock.HeldLock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code holdfast repo key remove}. */
@Command(name = "remove", description = "Remove a password, but not the one in use.")
final class RepoKeyRemove implements Callable<Integer> {

  @Parameters(paramLabel = "KEY", description = "The id of a key, or its beginning.")
  String key = "";

  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoKeyRemove(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    Operation op = session.operation();
    try (OpenRepository open = flags.open();
        HeldLock _ = locks.exclusive(open.repository(), session, false)) {
      session.out().println("removed key " + new Passwords(open.repository()).remove(op, key));
    }
    return ExitCode.OK;
  }
}
