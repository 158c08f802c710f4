package dev.holdfast.archive;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The commands with which anyone verifies a backup without Holdfast: {@code backup verify --show}.
 * They are run in a copy of the folder {@code backups/N/}.
 */
public final class VerifyCommands {

  private VerifyCommands() {}

  /**
   * Shell lines, comments included.
   *
   * @param present every key of the backup
   */
  public static List<String> show(BackupKeys keys, Set<String> present) {
    List<String> lines = new ArrayList<>();
    lines.add("# In a copy of the folder " + keys.root());
    if (present.contains(keys.manifestSignature())) {
      lines.add("# Who signed the manifest: 'allowed_signers' has a line NAME ssh-ed25519 KEY");
      lines.add(
          "ssh-keygen -Y verify -f allowed_signers -I NAME -n "
              + Signature.NAMESPACE
              + " -s holdfast-manifest.json.sig < holdfast-manifest.json");
    }
    if (present.contains(keys.manifest())) {
      lines.add("# Every file is what the manifest says");
      lines.add(
          "grep -o '\"[^\"]*\":{\"size\":[0-9]*,\"sha256\":\"[0-9a-f]*\"}' holdfast-manifest.json"
              + " | sed 's|\"\\(.*\\)\":{.*\"sha256\":\"\\(.*\\)\"}|\\2  \\1|' | sha256sum -c -");
    }
    boolean all = present.contains(keys.encrypted(keys.archive()));
    String archive = all ? "holdfast-archive.tar.gz" : keys.relative(keys.archive());
    String index = "holdfast-index.zst";
    if (all) {
      lines.add("# What is encrypted, with the identity in 'key.txt'");
      lines.add(decrypt(archive));
      lines.add(decrypt(index));
    }
    lines.add("# The items; each is JSON");
    lines.add("mkdir -p items && tar xzf " + archive + " -C items");
    if (present.contains(keys.index()) || all) {
      lines.add("# Every item is what the index says");
      lines.add("zstd -dc " + index + " | sed -n " + sums() + " | (cd items && sha256sum -c -)");
    }
    if (present.contains(keys.secrets())) {
      lines.add("# The Secrets, with the identity in 'key.txt'");
      lines.add("age -d -i key.txt holdfast-secrets.tar.zst.age | zstd -dc | tar x -C items");
    }
    return lines;
  }

  private static String decrypt(String file) {
    return "age -d -i key.txt -o " + file + " " + file + ".age";
  }

  /** Makes a line for sha256sum of each line of the index. */
  private static String sums() {
    String rest = ".*\"sha256\":\"\\([0-9a-f]*\\)\".*";
    return "-e 's|^{\"type\":\"\\([^\"]*\\)\",\"namespace\":\"\\([^\"]*\\)\",\"name\":\"\\([^\"]*\\)\""
        + rest
        + "|\\4  resources/\\1/namespaces/\\2/\\3.json|p'"
        + " -e 's|^{\"type\":\"\\([^\"]*\\)\",\"name\":\"\\([^\"]*\\)\""
        + rest
        + "|\\3  resources/\\1/cluster/\\2.json|p'";
  }
}
