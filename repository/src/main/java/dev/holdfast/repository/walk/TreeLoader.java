package dev.holdfast.repository.walk;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.index.BlobTable;
import dev.holdfast.repository.pack.PackedBlob;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.TreeReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Loads trees. Neighbours in a tree are neighbours in a pack, so whole windows of packs are read
 * and kept: a walk over ten thousand directories then costs tens of requests, not ten thousand. At
 * most {@value #WINDOWS} MiB are kept. Thread-safe.
 */
public final class TreeLoader {

  private static final int WINDOW = 1 << 20;
  private static final int WINDOWS = 16;

  private record Key(Id pack, int window) {

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && window == key.window && pack.equals(key.pack);
    }

    @Override
    public int hashCode() {
      return pack.hashCode() + window;
    }
  }

  private final Repository repository;
  private final Map<Key, byte[]> windows =
      new LinkedHashMap<>(WINDOWS, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, byte[]> eldest) {
          return size() > WINDOWS;
        }
      };

  public TreeLoader(Repository repository) {
    this.repository = repository;
  }

  /**
   * Gives every node of a tree, in its order.
   *
   * @throws Failure.Corrupt if the tree is in no index, damaged or malformed
   */
  public void read(Operation op, Id tree, Consumer<Node> sink) {
    TreeReader.read(text(op, tree), "Tree " + tree.shortText(), sink);
  }

  /** All nodes of a tree. */
  public List<Node> nodes(Operation op, Id tree) {
    List<Node> nodes = new ArrayList<>();
    read(op, tree, nodes::add);
    return nodes;
  }

  /** The text of a tree. */
  public byte[] text(Operation op, Id tree) {
    op.check();
    BlobTable.Location copy = repository.index().find(BlobType.TREE, tree);
    if (copy == null || copy.blob().length() > WINDOW) {
      return repository.load(op, BlobType.TREE, tree);
    }
    try {
      byte[] sealed = sealed(op, copy);
      return repository.plain(copy.blob(), sealed, 0, copy.pack());
    } catch (Failure.Corrupt | Failure.Absent e) {
      return repository.load(op, BlobType.TREE, tree); // perhaps there is another copy
    }
  }

  private byte[] sealed(Operation op, BlobTable.Location copy) {
    PackedBlob blob = copy.blob();
    byte[] sealed = new byte[blob.length()];
    int done = 0;
    while (done < sealed.length) {
      int at = blob.offset() + done;
      byte[] window = window(op, new Key(copy.pack(), at / WINDOW));
      int from = at % WINDOW;
      int part = Math.min(sealed.length - done, window.length - from);
      if (part <= 0) {
        throw new Failure.Corrupt("Pack " + copy.pack().shortText() + " is truncated");
      }
      System.arraycopy(window, from, sealed, done, part);
      done += part;
    }
    return sealed;
  }

  private byte[] window(Operation op, Key key) {
    synchronized (windows) {
      byte[] known = windows.get(key);
      if (known != null) {
        return known;
      }
    }
    byte[] read;
    try (InputStream pack =
        repository
            .store()
            .get(op, RepositoryKeys.pack(key.pack), (long) key.window * WINDOW, WINDOW)) {
      read = pack.readAllBytes();
    } catch (IOException e) {
      throw new Failure.Unreachable(
          "Pack " + key.pack.shortText() + " could not be read to its end", null, e);
    }
    synchronized (windows) {
      windows.put(key, read);
    }
    return read;
  }
}
