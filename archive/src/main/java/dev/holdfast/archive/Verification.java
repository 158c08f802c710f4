package dev.holdfast.archive;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link BackupVerifier} found.
 *
 * @param signer who signed the manifest; null if it was not checked
 * @param keys how many keys had the size and SHA-256 that the manifest says
 * @param items how many items were read and were sound
 */
public record Verification(
    List<Finding> findings, AllowedSigners.@Nullable Signer signer, int keys, long items) {

  public Verification {
    findings = List.copyOf(findings);
  }

  /** How bad a finding is. */
  public enum Severity {
    /** Something is not what was written: exit code 5. */
    DAMAGED,
    /** Something could not be checked, and why; nothing wrong was seen. */
    UNCHECKED
  }

  /**
   * @param subject the key or item that it is about
   * @param problem what is wrong with it, or why it could not be checked
   */
  public record Finding(Severity severity, String subject, String problem) {}

  /** Whether nothing is damaged. */
  public boolean sound() {
    return findings.stream().noneMatch(f -> f.severity() == Severity.DAMAGED);
  }

  /** Whether nothing is damaged and nothing was left unchecked. */
  public boolean complete() {
    return findings.isEmpty();
  }
}
