package dev.holdfast.repository.keys;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.RepositoryKeys;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.crypto.MasterKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Adds, changes and removes passwords, each a key file that wraps the same master key: no data are
 * written again. A new password has opened the repository before an old one is removed, and the one
 * in use is never removed without another.
 */
public final class Passwords {

  private final Repository repository;

  public Passwords(Repository repository) {
    this.repository = repository;
  }

  /**
   * A key file.
   *
   * @param file null if it cannot be read
   * @param current whether it opened the repository
   */
  public record Entry(Id id, @Nullable KeyFile file, boolean current) {}

  /** All key files, by id. */
  public List<Entry> list(Operation op) {
    List<Entry> entries = new ArrayList<>();
    for (Id id : Repository.names(op, repository.store(), RepositoryKeys.KEYS)) {
      boolean current = id.equals(repository.keyId());
      try {
        entries.add(new Entry(id, KeyFile.read(bytes(op, id), "Key " + id.shortText()), current));
      } catch (Failure.Corrupt e) {
        entries.add(new Entry(id, null, current));
      } catch (Failure.Absent e) {
        // removed since it was listed
      }
    }
    return entries;
  }

  /**
   * Adds a password, and opens the repository with it.
   *
   * @throws Failure.Invalid if it is empty
   */
  public Id add(Operation op, String password, KeyFile.Cost cost, Repository.Identity identity) {
    if (password.isBlank()) {
      throw new Failure.Invalid("An empty password is not allowed");
    }
    Id id = repository.addKey(op, password, cost, identity);
    if (!opens(op, id, password)) {
      delete(op, id);
      throw new Failure.Corrupt(
          "The new password does not open the repository, and was taken back",
          "the old one still does; check the store, then try again",
          null);
    }
    return id;
  }

  /**
   * Replaces the password in use. Where this is killed midway, both passwords work.
   *
   * @return the new key
   */
  public Id change(Operation op, String password, KeyFile.Cost cost, Repository.Identity identity) {
    Id id = add(op, password, cost, identity);
    delete(op, repository.keyId());
    return id;
  }

  /**
   * Removes a password.
   *
   * @param name the id of its key file, or a unique beginning of it
   * @throws Failure.Invalid if it is the one in use
   * @throws Failure.Absent if there is none
   */
  public Id remove(Operation op, String name) {
    List<Id> meant =
        Repository.names(op, repository.store(), RepositoryKeys.KEYS).stream()
            .filter(id -> !name.isEmpty() && id.toString().startsWith(name))
            .toList();
    if (meant.isEmpty()) {
      throw new Failure.Absent(
          "There is no key '" + name + "'", "list them with: holdfast repo key list", null);
    }
    if (meant.size() > 1) {
      throw new Failure.Invalid(
          meant.size() + " keys begin with '" + name + "'", "give more digits");
    }
    Id id = meant.getFirst();
    if (id.equals(repository.keyId())) {
      throw new Failure.Invalid(
          "The key " + id.shortText() + " is the one that opened the repository",
          "open it with another password to remove this one, or use: holdfast repo key passwd");
    }
    delete(op, id);
    return id;
  }

  private boolean opens(Operation op, Id id, String password) {
    try {
      Optional<MasterKey> opened =
          KeyFile.read(bytes(op, id), "Key " + id.shortText()).open(password);
      return opened.isPresent()
          && opened.get().open(repository.key().seal(new byte[] {1}), "A test").length == 1;
    } catch (Failure.Corrupt e) {
      return false;
    }
  }

  private void delete(Operation op, Id id) {
    repository.store().delete(op, RepositoryKeys.KEYS + id);
  }

  private byte[] bytes(Operation op, Id id) {
    try (InputStream in = repository.store().get(op, RepositoryKeys.KEYS + id)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new Failure.Unreachable(
          "Key " + id.shortText() + " could not be read to its end", null, e);
    }
  }
}
