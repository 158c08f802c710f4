package dev.holdfast.cli.repo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.ExitCode;
import dev.holdfast.cli.Session;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.chunk.Polynomial;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.store.ObjectStore;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast repo init}. */
@Command(name = "init", description = "Make a new repository.")
final class RepoInit implements Callable<Integer> {

  @Option(
      names = "--repository-version",
      paramLabel = "VERSION",
      description = "2 or latest (default), stable, or 1 for restic before 0.14: no compression.")
  String version = "2";

  @Option(
      names = "--copy-chunker-params",
      description = "Cut files as --from-repo does, so that copies share content with backups.")
  boolean copyChunkerParams;

  @Mixin final FromFlags from = new FromFlags();
  @Mixin final RepoFlags flags;

  private final Session session;

  RepoInit(Session session) {
    this.session = session;
    this.flags = new RepoFlags(session);
  }

  @Override
  public Integer call() {
    try (ObjectStore store = flags.store()) {
      Repository made =
          Repository.init(
              session.operation(),
              store,
              flags.password(store.describe()),
              number(version),
              KeyFile.Cost.DEFAULT,
              polynomial(),
              Identities.of(null, session.console().environment()));
      report(made, store.describe());
    }
    return ExitCode.OK;
  }

  private @Nullable Polynomial polynomial() {
    if (!copyChunkerParams) {
      return null;
    }
    try (OpenRepository source = from.open(session, flags)) {
      return source.repository().config().polynomial();
    }
  }

  private void report(Repository made, String where) {
    if (flags.json()) {
      ObjectNode json = Json.MAPPER.createObjectNode();
      json.put("message_type", "initialized")
          .put("id", made.config().id())
          .put("repository", where);
      session.out().println(Json.string(json));
      return;
    }
    session
        .out()
        .println("created repository " + made.config().id().substring(0, 10) + " at " + where);
    session.say("");
    session.say(
        "Keep the password: without it the data is lost for good, and whoever has it reads all of"
            + " it. The restic command opens this repository with it, too.");
  }

  private static int number(String version) {
    return switch (version) {
      case "2", "latest", "stable" -> 2;
      case "1" -> 1;
      default -> throw new Failure.Invalid("--repository-version " + version + ": use 2 or 1");
    };
  }
}
