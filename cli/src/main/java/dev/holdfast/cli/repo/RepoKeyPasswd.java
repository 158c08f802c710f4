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

/** {@code holdfast repo key passwd}. */
@Command(
    name = "passwd",
    description = {
      "Replace the password in use; no data is written again.",
      "After a leak this is not enough: see docs/repository.md, The password."
    })
final class RepoKeyPasswd implements Callable<Integer> {

  @Mixin final NewPasswordFlags added = new NewPasswordFlags();
  @Mixin final LockFlags locks = new LockFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoKeyPasswd(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    Operation op = session.operation();
    try (OpenRepository open = flags.open();
        HeldLock _ = locks.exclusive(open.repository(), session, false)) {
      Id id =
          new Passwords(open.repository())
              .change(op, added.password(session), KeyFile.Cost.DEFAULT, added.identity(session));
      session.out().println("saved new key as " + id);
    }
    return ExitCode.OK;
  }
}
