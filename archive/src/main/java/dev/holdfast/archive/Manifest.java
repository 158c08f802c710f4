package dev.holdfast.archive;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.model.Discovery;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Json;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code holdfast-manifest.json}: what a backup consists of (docs/format.md). Written once, after
 * everything it lists is stored and before {@code velero-backup.json}, whose hash it holds too.
 *
 * @param formatVersion 1
 * @param leastReader the first Holdfast that reads this
 * @param backup the backup's name
 * @param uid the Backup's uid
 * @param run the run that wrote it, as in its {@link Claim}
 * @param writer {@code holdfast/VERSION}
 * @param created RFC 3339, UTC, whole seconds
 * @param clusterId the uid of the source's Namespace {@code kube-system}
 * @param encryption null if nothing is encrypted
 * @param keys every key of the backup but claims, this and its signature, relative to {@code
 *     backups/N/}, sorted
 * @param volumes empty with encryption mode {@code all}
 * @param discovery what the source served
 */
public record Manifest(
    @JsonInclude(JsonInclude.Include.ALWAYS) int formatVersion,
    String leastReader,
    String backup,
    String uid,
    String run,
    String writer,
    String created,
    @Nullable String clusterId,
    @Nullable Encryption encryption,
    Map<String, Key> keys,
    @Nullable List<Volume> volumes,
    @Nullable Discovery discovery) {

  public Manifest {
    keys = new TreeMap<>(keys);
    volumes = volumes == null ? List.of() : List.copyOf(volumes);
  }

  /** A manifest of the current format. */
  public static Manifest create(
      String backup,
      String uid,
      String run,
      String writer,
      String created,
      @Nullable String clusterId,
      @Nullable Encryption encryption,
      Map<String, Key> keys,
      List<Volume> volumes,
      Discovery discovery) {
    return new Manifest(
        FormatVersion.CURRENT,
        FormatVersion.LEAST_READER,
        backup,
        uid,
        run,
        writer,
        created,
        clusterId,
        encryption,
        keys,
        volumes,
        discovery);
  }

  /**
   * One key's content.
   *
   * @param size bytes
   * @param sha256 lower-case hexadecimal
   */
  public record Key(@JsonInclude(JsonInclude.Include.ALWAYS) long size, String sha256) {}

  /**
   * @param mode {@code secrets} or {@code all}
   * @param recipients age public keys, {@code age1…}
   */
  public record Encryption(String mode, List<String> recipients) {
    public Encryption {
      recipients = List.copyOf(recipients);
    }
  }

  /**
   * A volume's data.
   *
   * @param volume the pod's name for it, or null
   * @param repository the repository's folder, relative to the location's root
   * @param snapshot the full snapshot id
   * @param tree the snapshot's tree id
   */
  public record Volume(
      String namespace,
      @Nullable String pvc,
      @Nullable String pod,
      @Nullable String volume,
      String repository,
      String snapshot,
      String tree,
      long files,
      long bytes) {}

  /** One line of JSON. These bytes are what the signature is over. */
  public byte[] toBytes() {
    return GoJson.line(this);
  }

  /**
   * @throws Failure.Unsupported if it is newer than this reader
   * @throws Failure.Corrupt if it is damaged
   */
  public static Manifest read(byte[] json, String what) {
    var tree = Json.object(json, what);
    FormatVersion.check(
        tree.path("formatVersion").asInt(), tree.path("leastReader").asText(), what);
    if (!tree.path("keys").isObject() || !tree.path("backup").isTextual()) {
      throw new Failure.Corrupt(what + " lacks the backup's name or its keys");
    }
    Manifest manifest = Json.read(json, Manifest.class, what);
    manifest.keys.forEach((name, key) -> {
      if (key == null || key.sha256 == null || !key.sha256.matches("[0-9a-f]{64}")) {
        throw new Failure.Corrupt(what + " has no valid SHA-256 for " + name);
      }
    });
    return manifest;
  }
}
