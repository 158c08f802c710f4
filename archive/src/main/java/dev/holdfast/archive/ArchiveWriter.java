package dev.holdfast.archive;

import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Names;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * Writes the archive {@code N.tar.gz} (velero.md 2): a tar of regular files, gzipped in several
 * members so that single items can be read by range; readers of plain gzip see one stream. Equal
 * input and mtime give equal bytes. Memory is bounded by {@code threads}, but for the index.
 *
 * <p>For one thread at a time. The output is written on the caller's thread and not closed.
 */
public final class ArchiveWriter implements AutoCloseable {

  /** A member is cut when it has at least this many bytes: what a single item costs to read. */
  static final int MEMBER = 256 << 10;

  /** Between speed and size; each item stands twice, which every level finds. */
  private static final int LEVEL = 5;

  private final GzipMembers members;
  private final Instant mtime;
  private final IndexTable index = new IndexTable();
  private final ByteArrayOutputStream block = new ByteArrayOutputStream(MEMBER + (64 << 10));
  private int member;
  private boolean finished;

  /** Entries get the time of this call. */
  public ArchiveWriter(OutputStream out, int threads) {
    this(out, threads, Instant.now());
  }

  public ArchiveWriter(OutputStream out, int threads, Instant mtime) {
    this.members = new GzipMembers(out, threads, LEVEL);
    this.mtime = mtime;
    entry(ArchivePath.VERSION, (ArchiveVersion.FORMAT + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * Appends an item under both of its paths, or where {@code preferred} is false under its
   * version's path alone.
   *
   * @param version the version without the group, {@code v1}
   * @param preferred whether the server prefers this version
   * @param json compact JSON of the whole object
   * @throws dev.holdfast.model.Failure.Conflict if the key was added already
   * @throws dev.holdfast.model.Failure.Invalid if the key cannot be a path, or is not the object's
   */
  public void add(ItemKey key, String version, boolean preferred, byte[] json) {
    ArchivePath path = ArchivePath.of(key, version, preferred);
    ItemHead head = ItemHead.read(json, key.toString());
    path.refuseOther(head);
    if (preferred) {
      int offset = entry(path.unversioned(), json);
      index(key, head, Names.sha256(json), member, offset, json.length);
    }
    entry(path.versioned(), json);
    if (block.size() >= MEMBER) {
      cut();
    }
  }

  /**
   * Notes an item in the index that is stored elsewhere, encrypted: in {@code
   * holdfast-secrets.tar.zst.age}.
   */
  public void addEncrypted(ItemKey key, byte[] json) {
    ItemHead head = ItemHead.read(json, key.toString());
    index(key, head, "", -1, 0, json.length);
  }

  /** Ends the archive; the index names where everything is. */
  public Index finish() {
    if (finished) {
      throw new IllegalStateException("finished already");
    }
    finished = true;
    block.writeBytes(new byte[2 * TarHeader.BLOCK]);
    cut();
    members.finish();
    index.resolveMembers(members.starts());
    return new Index(index, members.starts(), members.bytes());
  }

  /** Ends the threads. Without {@link #finish()} the archive is incomplete and unreadable. */
  @Override
  public void close() {
    members.close();
  }

  private void index(
      ItemKey key, ItemHead head, String sha256, long member, int offset, int length) {
    boolean added =
        index.add(
            new IndexEntry(
                key,
                head.apiVersion(),
                head.kind(),
                head.uid(),
                head.resourceVersion(),
                sha256,
                member,
                offset,
                length));
    if (!added) {
      throw new dev.holdfast.model.Failure.Conflict(key + " is in the archive already", null, null);
    }
  }

  /** Appends one entry and returns where its content starts in the member. */
  private int entry(String path, byte[] content) {
    TarHeader.write(block, path, content.length, mtime);
    int offset = block.size();
    block.writeBytes(content);
    TarHeader.pad(block, content.length);
    return offset;
  }

  private void cut() {
    members.add(block.toByteArray());
    block.reset();
    member++;
  }
}
