package dev.holdfast.archive;

/**
 * What a reader accepts before it calls an archive a bomb.
 *
 * @param total bytes that the archive may unpack to; Velero's own default is 16 GiB
 * @param item bytes of one item; an API server stores about 1.5 MiB at most
 * @param entries how many entries of the tar
 */
public record Limits(long total, int item, long entries) {

  public static final Limits DEFAULT = new Limits(16L << 30, 64 << 20, 20_000_000);
}
