package dev.holdfast.cli.repo;

import dev.holdfast.cli.Session;
import dev.holdfast.cli.location.ChosenLocation;
import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.repository.Repository;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.Locations;
import dev.holdfast.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags of every {@code repo} verb: which repository, and how it is opened. */
final class RepoFlags {

  /** Velero's published password: tried for reading where no other is known, never for writing. */
  private static final String VELERO_DEFAULT = "static-passw0rd";

  @Option(
      names = {"-r", "--repo"},
      paramLabel = "REPOSITORY",
      description =
          "A directory, or s3:HOST/BUCKET/PREFIX (s3:http://HOST:PORT/… without TLS)."
              + " Default: $$RESTIC_REPOSITORY.")
  @Nullable String repo;

  @Option(
      names = "--repository-file",
      paramLabel = "FILE",
      description = "A file that holds what --repo takes. Default: $$RESTIC_REPOSITORY_FILE.")
  @Nullable String repositoryFile;

  @Option(
      names = "--namespace",
      paramLabel = "NAMESPACE",
      description = "The repository of this namespace in --location, instead of --repo.")
  @Nullable String namespace;

  @Option(
      names = {"-p", "--password-file"},
      paramLabel = "FILE",
      description =
          "Holds the password. Otherwise: --password-command, $$HOLDFAST_PASSWORD, the location's"
              + " entry, restic's variables, a question on a terminal.")
  @Nullable String passwordFile;

  @Option(
      names = "--password-command",
      paramLabel = "COMMAND",
      description = "Prints the password; runs without a shell.")
  @Nullable String passwordCommand;

  @Option(names = "--json", description = "The result as JSON, in restic's shapes.")
  boolean json;

  @Option(
      names = "--cacert",
      paramLabel = "FILE",
      description = "Certificates that the store's is checked with, PEM.")
  @Nullable Path caCert;

  @Option(names = "--insecure-tls", description = "Do not check the store's certificate.")
  boolean insecureTls;

  @Option(
      names = "--region",
      paramLabel = "REGION",
      description = "The bucket's region. Default: the URL's, $$AWS_DEFAULT_REGION, us-east-1.")
  @Nullable String region;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "Java heap for the index, packs and buffers; the process needs about 100 MiB more."
              + " Read by the launcher. Default: 128m.")
  void memory(String size) {
    var _ = Sizes.parse("--memory", size);
  }

  @Option(names = "--no-cache", hidden = true, description = "For restic's sake: there is none.")
  boolean noCache;

  private final Session session;

  RepoFlags(Session session) {
    this.session = session;
  }

  /**
   * Opens the store that holds the repository; nothing is asked of it yet. The caller closes it.
   */
  ObjectStore store() {
    return Locations.open(place(), Credentials.FILES);
  }

  /** Where the repository is. */
  BackupStorageLocation place() {
    session.refuseServer();
    Map<String, String> environment = session.console().environment();
    String given = repo == null ? fromFile(repositoryFile) : repo;
    if (given != null && namespace != null) {
      throw new Failure.Invalid("--repo and --namespace contradict each other", "use one of them");
    }
    if (namespace != null) {
      return NamespaceRepository.in(
          new ChosenLocation(session.configuration(), environment)
              .find(session.global().location(), null),
          namespace);
    }
    if (given == null) {
      given = environment.getOrDefault("RESTIC_REPOSITORY", "");
    }
    if (given.isEmpty()) {
      given = fromFile(environment.get("RESTIC_REPOSITORY_FILE"));
    }
    if (given == null || given.isEmpty()) {
      throw new Failure.Invalid(
          "Which repository? --repo is missing",
          "--repo ./repository, --repo s3:HOST/BUCKET/PREFIX, or --location NAME --namespace NS");
    }
    return RepositoryUrl.parse(given, transport());
  }

  /** How stores are reached, for a second repository, too. */
  RepositoryUrl.Transport transport() {
    String where =
        region == null ? session.console().environment().get("AWS_DEFAULT_REGION") : region;
    return new RepositoryUrl.Transport(certificates(), insecureTls, where);
  }

  /** Opens the repository to write to it. */
  OpenRepository open() {
    return open(UnaryOperator.identity());
  }

  /**
   * The same through what decorates the store.
   *
   * @param decorated closes the store with itself
   */
  OpenRepository open(UnaryOperator<ObjectStore> decorated) {
    ObjectStore store = decorated.apply(store());
    try {
      return new OpenRepository(
          store, Repository.open(session.operation(), store, password(store.describe())));
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** Opens the repository to read it: the password that Velero publishes is tried, too. */
  OpenRepository openToRead() {
    boolean known =
        namespace == null
            || passwords()
                .configured(session.operation(), passwordFile, passwordCommand)
                .isPresent();
    if (known) {
      return open();
    }
    ObjectStore store = store();
    try {
      Repository repository = Repository.open(session.operation(), store, VELERO_DEFAULT);
      session.say("Opened with Velero's published password: whoever reads the store reads this.");
      return new OpenRepository(store, repository);
    } catch (Failure.WrongKey e) {
      store.close();
      return open();
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** The password, for a repository that is made or opened. */
  String password(String repository) {
    try {
      return passwords().find(session.operation(), passwordFile, passwordCommand);
    } catch (Failure.Invalid e) {
      throw new Failure.Invalid(e.getMessage() + " (" + repository + ")", e.next(), e);
    }
  }

  private Password passwords() {
    Map<String, String> entry =
        namespace == null
            ? Map.of()
            : new ChosenLocation(session.configuration(), session.console().environment())
                .find(session.global().location(), null)
                .metadata()
                .annotationsOrEmpty();
    return new Password(session.console(), entry);
  }

  boolean json() {
    return json;
  }

  private @Nullable String certificates() {
    return caCert == null ? null : text(caCert.toString(), "--cacert");
  }

  static @Nullable String fromFile(@Nullable String file) {
    return file == null || file.isEmpty() ? null : text(file, "--repository-file").strip();
  }

  private static String text(String file, String flag) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new Failure.Absent(flag + ": cannot read " + file, null, e);
    }
  }
}
