package dev.holdfast.archive;

import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.framework.stream.StandardEncryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import dev.holdfast.model.Failure;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/**
 * Encrypts with age v1 to X25519 recipients, which are public keys: who backs up need not be able
 * to read. {@code age -d -i FILE} decrypts it.
 */
public final class ItemEncryption {

  /** age seals chunks of this size; writing whole ones is fastest. */
  private static final int CHUNK = 64 << 10;

  private final List<String> recipients;
  private final List<RecipientStanzaWriter> writers;

  private ItemEncryption(List<String> recipients, List<RecipientStanzaWriter> writers) {
    this.recipients = List.copyOf(recipients);
    this.writers = List.copyOf(writers);
  }

  /**
   * @param recipients {@code age1…}, at least one
   * @throws Failure.Invalid naming the one that is none
   */
  public static ItemEncryption to(List<String> recipients) {
    List<String> keys = recipients.stream().map(String::strip).distinct().toList();
    if (keys.isEmpty()) {
      throw new Failure.Invalid(
          "Encryption needs at least one recipient",
          "give --recipient age1…; 'age-keygen' makes one");
    }
    List<RecipientStanzaWriter> writers = new ArrayList<>();
    for (String key : keys) {
      writers.add(writer(key));
    }
    return new ItemEncryption(keys, writers);
  }

  /** The public keys, as the manifest names them. */
  public List<String> recipients() {
    return recipients;
  }

  /**
   * What is written to the stream goes to {@code out} encrypted; closing it ends and closes both.
   */
  public OutputStream encrypt(OutputStream out) {
    try {
      return new BufferedOutputStream(
          Channels.newOutputStream(
              new StandardEncryptingChannelFactory()
                  .newEncryptingChannel(Channels.newChannel(out), writers)),
          CHUNK);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java cannot encrypt with age's algorithms", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A small file at once. */
  public byte[] encrypt(byte[] plain) {
    java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream(plain.length + 512);
    try (OutputStream out = encrypt(bytes)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static RecipientStanzaWriter writer(String key) {
    if (key.startsWith("AGE-SECRET-KEY-")) {
      throw new Failure.Invalid(
          "A recipient is a secret key; encryption takes the public one",
          "give the line that starts with age1; 'age-keygen -y FILE' prints it");
    }
    try {
      return X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(key);
    } catch (GeneralSecurityException | RuntimeException e) {
      throw new Failure.Invalid(
          "'" + ArchivePath.shown(key) + "' is not an age recipient",
          "a recipient starts with age1; SSH keys and plugins are not supported",
          e);
    }
  }
}
