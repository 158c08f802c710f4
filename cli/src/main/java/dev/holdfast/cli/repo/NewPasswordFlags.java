package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import dev.holdfast.repository.Repository;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A new password, and whose it is: restic's flags. */
final class NewPasswordFlags {

  @Option(
      names = "--new-password-file",
      paramLabel = "FILE",
      description = "Holds the new password. Otherwise it is asked for, twice.")
  @Nullable String file;

  @Option(names = "--user", paramLabel = "NAME", description = "The user name of the new key.")
  @Nullable String user;

  @Option(names = "--host", paramLabel = "NAME", description = "The host name of the new key.")
  @Nullable String host;

  String password(Session session) {
    return new Password(session.console(), Map.of()).choose(file);
  }

  Repository.Identity identity(Session session) {
    var own = Identities.of(host, session.console().environment());
    return user == null ? own : new Repository.Identity(user, own.hostname());
  }
}
