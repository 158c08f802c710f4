package dev.holdfast.cli.repo;

import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.keys.Passwords;
import dev.holdfast.repository.lock.HeldLock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code holdfast repo key add}. */
@Command(name = "add", description = "Add a password; the others still open the repository.")
final class RepoKeyAdd implements Callable<Integer> {

  @Mixin final NewPasswordFlags added = new NewPasswordFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoKeyAdd(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    Operation op = session.operation();
    locks.needLockUnless(false);
    try (OpenRepository open = flags.open();
        HeldLock _ = locks.of(open.repository(), session).shared(op)) {
      Id id =
          new Passwords(open.repository())
              .add(op, added.password(session), KeyFile.Cost.DEFAULT, added.identity(session));
      session.out().println("saved new key with ID " + id);
    }
    return ExitCode.OK;
  }
}
