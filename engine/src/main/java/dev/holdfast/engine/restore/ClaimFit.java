package dev.holdfast.engine.restore;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.engine.volume.VolumeFacts;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Quantity;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Optional;

/** Whether what was saved of a claim goes into one that mappings may have changed. */
final class ClaimFit {

  private static final String LARGER = "a resource modifier can give the claim a larger size";

  private ClaimFit() {}

  /**
   * Why it does not. A claim of files that is as large as the saved one is not doubted: many
   * drivers give more than was asked for, and what is stored says nothing of what it takes there.
   *
   * @param saved the claim as the backup has it
   * @param bytes of its content
   * @param claim that is to be filled
   */
  static Optional<String> obstacle(ObjectNode saved, long bytes, ObjectNode claim) {
    boolean device = VolumeFacts.device(saved);
    if (device != VolumeFacts.device(claim)) {
      return Optional.of(
          device
              ? "what was saved is a block device, and the claim is a file system"
              : "what was saved are files, and the claim is a block device");
    }
    boolean shrunk = value(request(claim)).compareTo(value(request(saved))) < 0;
    BigDecimal has = value(size(claim));
    return shrunk && has.compareTo(BigDecimal.valueOf(bytes)) < 0
        ? Optional.of(
            "its content takes %d bytes, and the claim has %s: %s"
                .formatted(bytes, size(claim), LARGER))
        : Optional.empty();
  }

  /** What a failure to fill a claim says, and of a volume that is full also how much it takes. */
  static String describe(Failure failure, long bytes, Optional<ObjectNode> claim) {
    String said = failure.describe();
    return said.toLowerCase(Locale.ROOT).contains("no space left on device")
        ? "the volume is full: its content takes %d bytes, and the claim has %s; %s (%s)"
            .formatted(bytes, claim.map(ClaimFit::size).orElse("gone"), LARGER, said)
        : said;
  }

  private static BigDecimal value(String quantity) {
    return Quantity.value(quantity).orElse(BigDecimal.ZERO);
  }

  private static String request(ObjectNode claim) {
    return claim.at("/spec/resources/requests/storage").asText("0");
  }

  /** What it has once it is bound; what it asks for before. */
  private static String size(ObjectNode claim) {
    return claim.at("/status/capacity/storage").asText(request(claim));
  }
}
