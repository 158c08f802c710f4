package dev.holdfast.cli.repo;

import dev.holdfast.cli.OpenLocation;
import dev.holdfast.cli.Session;
import dev.holdfast.engine.volume.VolumeRepositories;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.store.Credentials;
import dev.holdfast.store.Locations;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where the password of a location's repositories comes from, for verbs that move volumes. */
public final class VolumeFlags {

  /** What a record says of a volume that is not saved for want of a password. */
  public static final String NO_PASSWORD =
      "there is no password for the repository of volumes: give --password-file,"
          + " --password-command or HOLDFAST_PASSWORD";

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description =
          "Holds the password of the repository of volumes. Otherwise: --password-command,"
              + " $$HOLDFAST_PASSWORD, the location's entry, restic's variables.")
  @Nullable String passwordFile;

  @Option(
      names = "--password-command",
      paramLabel = "COMMAND",
      description = "Prints the password; runs without a shell.")
  @Nullable String passwordCommand;

  @Mixin final RateFlags rates = new RateFlags();

  /** The repositories beside a location's backups; empty if there is no password. */
  public Optional<VolumeRepositories> repositories(Session session, OpenLocation location) {
    BackupStorageLocation document = location.document();
    Map<String, String> annotations =
        document.metadata() == null ? Map.of() : document.metadata().annotationsOrEmpty();
    return new Password(session.console(), annotations)
        .configured(session.operation(), passwordFile, passwordCommand)
        .map(password ->
            new VolumeRepositories(
                namespace ->
                    rates.limited(
                        Locations.open(
                            NamespaceRepository.in(document, namespace), Credentials.FILES)),
                password,
                Identities.of(null, session.console().environment())));
  }
}
