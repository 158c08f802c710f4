package dev.holdfast.archive;

import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import com.exceptionfactory.jagged.framework.stream.StandardDecryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import dev.holdfast.model.Failure;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/** Decrypts what {@link ItemEncryption} or {@code age -r} wrote, with identities (secret keys). */
public final class ItemDecryption {

  private final List<RecipientStanzaReader> readers;

  private ItemDecryption(List<RecipientStanzaReader> readers) {
    this.readers = List.copyOf(readers);
  }

  /**
   * Reads an identity file as {@code age-keygen} writes it: secret keys one a line, comments.
   *
   * @param what for messages: the file's name; its content is never in one
   * @throws Failure.Invalid if it holds no identity, or one of another kind
   */
  public static ItemDecryption identities(String text, String what) {
    if (text.startsWith("age-encryption.org/") || text.startsWith("-----BEGIN AGE")) {
      throw new Failure.Invalid(
          what + " is itself encrypted", "decrypt it first: age -d -o key.txt FILE");
    }
    List<RecipientStanzaReader> readers = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().map(String::strip).toList()) {
      number++;
      if (!line.isEmpty() && !line.startsWith("#")) {
        readers.add(reader(line, what + ", line " + number));
      }
    }
    if (readers.isEmpty()) {
      throw new Failure.Invalid(what + " holds no identity", "'age-keygen -o FILE' makes one");
    }
    return new ItemDecryption(readers);
  }

  /**
   * The decrypted content. Closing it closes {@code in}.
   *
   * @throws Failure.WrongKey if none of the identities is a recipient's; also from the first reads
   * @throws Failure.Corrupt if it is not age, or damaged; reading the stream throws IOException
   *     where a later part is
   */
  public InputStream decrypt(InputStream in, String what) {
    try {
      return new Sealed(
          Channels.newInputStream(
              new StandardDecryptingChannelFactory()
                  .newDecryptingChannel(
                      Channels.newChannel(new BufferedInputStream(in)), readers)));
    } catch (UnsupportedRecipientStanzaException e) {
      throw wrongKey(what, e);
    } catch (GeneralSecurityException | IOException | RuntimeException e) {
      if (e instanceof Failure failure) {
        throw failure;
      }
      throw new Failure.Corrupt(
          what + " cannot be decrypted: it is damaged, or not encrypted with age", null, e);
    }
  }

  /** A small file at once. */
  public byte[] decrypt(byte[] encrypted, String what) {
    try (InputStream in = decrypt(new ByteArrayInputStream(encrypted), what)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new Failure.Corrupt(what + " is damaged or cut off: " + e.getMessage(), null, e);
    }
  }

  private static Failure wrongKey(String what, Exception e) {
    return new Failure.WrongKey(
        what + " is not encrypted to any of these identities",
        "give the identity whose public key is among the recipients that the manifest names",
        e);
  }

  private static RecipientStanzaReader reader(String line, String where) {
    try {
      return X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(line);
    } catch (GeneralSecurityException | RuntimeException e) {
      // the cause may hold the key
      throw new Failure.Invalid(
          where + ": this is not an age identity",
          "an identity starts with AGE-SECRET-KEY-1; SSH keys and plugins are not supported");
    }
  }

  /** Jagged throws unchecked exceptions for some damaged input. */
  private static final class Sealed extends FilterInputStream {
    Sealed(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        return in.read(buffer, offset, length);
      } catch (Failure e) {
        throw e; // the store's
      } catch (RuntimeException e) {
        throw new IOException("a sealed chunk does not open", e);
      }
    }
  }
}
