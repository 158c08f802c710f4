package dev.holdfast.repository.snapshot;

import dev.holdfast.repository.posix.Stat;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Owner, mode and time of a directory whose content is the root of a snapshot. The format has no
 * place for them (the root tree lists what is in the directory), so they stand in a tag of the
 * snapshot, {@code root=MODE:UID:GID:MTIME}, mode octal, time in seconds: {@code
 * root=2775:0:20002:1795269319.864476114}.
 *
 * @param mode permissions with setuid, setgid and sticky, 07777
 * @param uid an unsigned int
 * @param gid an unsigned int
 */
public record RootTag(int mode, int uid, int gid, Instant mtime) {

  private static final Pattern FORM =
      Pattern.compile("root=([0-7]{1,4}):(\\d{1,10}):(\\d{1,10}):(-?\\d{1,12}(?:\\.\\d{1,9})?)");

  /** Of a directory. */
  public static RootTag of(Stat directory) {
    return new RootTag(
        directory.mode() & 07777, directory.uid(), directory.gid(), directory.mtime());
  }

  /** The one among a snapshot's tags; empty if there is none, or none that is right. */
  public static Optional<RootTag> among(List<String> tags) {
    return tags.stream().flatMap(tag -> parse(tag).stream()).findFirst();
  }

  private static Optional<RootTag> parse(String tag) {
    Matcher form = FORM.matcher(tag);
    if (!form.matches()) {
      return Optional.empty();
    }
    try {
      BigDecimal time = new BigDecimal(form.group(4));
      BigDecimal seconds = time.setScale(0, RoundingMode.FLOOR);
      long nanos = time.subtract(seconds).movePointRight(9).longValueExact();
      return Optional.of(
          new RootTag(
              Integer.parseInt(form.group(1), 8),
              Integer.parseUnsignedInt(form.group(2)),
              Integer.parseUnsignedInt(form.group(3)),
              Instant.ofEpochSecond(seconds.longValueExact(), nanos)));
    } catch (ArithmeticException | NumberFormatException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /** The time in seconds, with its fraction: what {@code touch -d @…} takes. */
  public String seconds() {
    return BigDecimal.valueOf(mtime.getEpochSecond())
        .add(BigDecimal.valueOf(mtime.getNano(), 9))
        .toPlainString();
  }

  /** The tag. */
  @Override
  public String toString() {
    return "root="
        + Integer.toOctalString(mode)
        + ":"
        + Integer.toUnsignedString(uid)
        + ":"
        + Integer.toUnsignedString(gid)
        + ":"
        + seconds();
  }
}
