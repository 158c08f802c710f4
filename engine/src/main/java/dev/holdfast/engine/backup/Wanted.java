package dev.holdfast.engine.backup;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Whether an item itself says that it is not to be stored. */
final class Wanted {

  private static final byte[] DELETING =
      "\"deletionTimestamp\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LABEL =
      ("\"" + BackupRequest.EXCLUDE_LABEL + "\"").getBytes(StandardCharsets.US_ASCII);

  private Wanted() {}

  /** Why not, or empty. Most items are decided without parsing them. */
  static Optional<String> refusal(byte[] json, String what) {
    if (!contains(json, DELETING) && !contains(json, LABEL)) {
      return Optional.empty();
    }
    JsonNode metadata = Json.object(json, what).path("metadata");
    if (metadata.path("labels").path(BackupRequest.EXCLUDE_LABEL).asText().equals("true")) {
      return Optional.of("it has the label " + BackupRequest.EXCLUDE_LABEL + "=true");
    }
    return metadata.hasNonNull("deletionTimestamp")
        ? Optional.of("it is being deleted")
        : Optional.empty();
  }

  private static boolean contains(byte[] text, byte[] part) {
    int last = text.length - part.length;
    for (int i = 0; i <= last; i++) {
      int k = 0;
      while (k < part.length && text[i + k] == part[k]) {
        k++;
      }
      if (k == part.length) {
        return true;
      }
    }
    return false;
  }
}
