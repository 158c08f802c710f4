package dev.holdfast.cli.repo;

import dev.holdfast.model.Failure;
import dev.holdfast.model.velero.BackupStorageLocation;
import dev.holdfast.model.velero.BackupStorageLocation.ObjectStorage;
import dev.holdfast.model.velero.BackupStorageLocation.Spec;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the repository of a namespace lies in a location: {@code restic/NAMESPACE} below its
 * prefix, as Velero puts it, or below the {@code resticRepoPrefix} of the location's configuration.
 */
final class NamespaceRepository {

  private static final String PREFIX = "resticRepoPrefix";

  private NamespaceRepository() {}

  /** The same location, rooted at the repository. */
  static BackupStorageLocation in(BackupStorageLocation location, String namespace) {
    if (!namespace.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
      throw new Failure.Invalid("--namespace " + namespace + " is not the name of a namespace");
    }
    Map<String, String> config = new LinkedHashMap<>(location.spec().configOrEmpty());
    String elsewhere = config.remove(PREFIX);
    if (elsewhere != null && !elsewhere.isEmpty()) {
      String url = elsewhere.replaceAll("/+$", "") + "/" + namespace;
      var transport =
          new RepositoryUrl.Transport(
              config.get("caCert"),
              "true".equals(config.get("insecureSkipTLSVerify")),
              config.get("region"));
      BackupStorageLocation there = RepositoryUrl.parse(url, transport);
      Spec spec = there.spec();
      return rooted(location, spec.provider(), spec.configOrEmpty(), spec.objectStorage());
    }
    ObjectStorage storage = location.spec().objectStorage();
    String prefix = storage == null ? null : storage.prefix();
    String root =
        (prefix == null ? "" : prefix.replaceAll("/+$", "") + "/") + "restic/" + namespace;
    ObjectStorage below =
        storage == null
            ? new ObjectStorage(null, root, null, null)
            : new ObjectStorage(storage.bucket(), root, storage.caCert(), storage.caCertRef());
    return rooted(location, location.spec().provider(), config, below);
  }

  private static BackupStorageLocation rooted(
      BackupStorageLocation location,
      String provider,
      Map<String, String> config,
      @Nullable ObjectStorage storage) {
    Spec spec = location.spec();
    return new BackupStorageLocation(
        location.apiVersion(),
        location.kind(),
        location.metadata(),
        new Spec(provider, config, spec.credential(), storage, null, spec.accessMode(), null, null),
        null);
  }
}
