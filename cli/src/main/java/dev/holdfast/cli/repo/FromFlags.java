package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Repository;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.Locations;
import dev.holdfast.store.ObjectStore;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The repository that something comes from: restic's {@code --from-*} flags and variables. */
final class FromFlags {

  @Option(
      names = "--from-repo",
      paramLabel = "REPOSITORY",
      description = "The source, as --repo takes it. Default: $$RESTIC_FROM_REPOSITORY.")
  @Nullable String repo;

  @Option(
      names = "--from-repository-file",
      paramLabel = "FILE",
      description = "A file that holds what --from-repo takes.")
  @Nullable String repositoryFile;

  @Option(
      names = "--from-password-file",
      paramLabel = "FILE",
      description =
          "Holds the source's password. Otherwise: --from-password-command,"
              + " $$HOLDFAST_FROM_PASSWORD, restic's RESTIC_FROM_ variables, a question.")
  @Nullable String passwordFile;

  @Option(
      names = "--from-password-command",
      paramLabel = "COMMAND",
      description = "Prints the source's password; runs without a shell.")
  @Nullable String passwordCommand;

  /** Opens the source to read it. */
  OpenRepository open(Session session, RepoFlags flags) {
    String place = place(session);
    if (place.isEmpty()) {
      throw new Failure.Invalid(
          "From which repository? --from-repo is missing", "for example: --from-repo ./repository");
    }
    ObjectStore store =
        Locations.open(RepositoryUrl.parse(place, flags.transport()), Credentials.FILES);
    try {
      Operation op = session.operation();
      return new OpenRepository(
          store,
          Repository.open(op, store, password(session).find(op, passwordFile, passwordCommand)));
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private String place(Session session) {
    Map<String, String> environment = session.console().environment();
    String given = repo == null ? RepoFlags.fromFile(repositoryFile) : repo;
    if (given == null) {
      given = environment.getOrDefault("RESTIC_FROM_REPOSITORY", "");
    }
    if (given.isEmpty()) {
      given = RepoFlags.fromFile(environment.get("RESTIC_FROM_REPOSITORY_FILE"));
    }
    return given == null ? "" : given;
  }

  /** The variables of the source under the names that a single repository's have. */
  private static Password password(Session session) {
    Map<String, String> own = new HashMap<>();
    session
        .console()
        .environment()
        .forEach((name, value) -> {
          if (name.startsWith("RESTIC_FROM_") || name.startsWith("HOLDFAST_FROM_")) {
            own.put(name.replaceFirst("_FROM_", "_"), value);
          }
        });
    return new Password(session.console(), Map.of(), own);
  }
}
