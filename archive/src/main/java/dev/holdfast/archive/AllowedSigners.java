package dev.holdfast.archive;

import dev.holdfast.model.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Whose signatures count: an OpenSSH allowed signers file ({@code PRINCIPALS [OPTIONS] TYPE KEY}),
 * or simply a public key file ({@code TYPE KEY [COMMENT]}).
 */
public final class AllowedSigners {

  /**
   * @param principal the name in the file; for a public key file its comment, may be empty
   * @param fingerprint {@code SHA256:…}
   */
  public record Signer(String principal, String fingerprint) {}

  private record Entry(String principal, byte[] blob) {}

  private final List<Entry> entries;

  private AllowedSigners(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * @param what for messages: the file's name
   * @throws Failure.Invalid if a line is neither form, or has an option that cannot be honoured
   */
  public static AllowedSigners parse(String text, String what) {
    List<Entry> entries = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().map(String::strip).toList()) {
      number++;
      if (!line.isEmpty() && !line.startsWith("#")) {
        parse(line, what + ", line " + number, entries);
      }
    }
    if (entries.isEmpty()) {
      throw new Failure.Invalid(
          what + " names no Ed25519 key", "give a public key file (FILE.pub) or allowed signers");
    }
    return new AllowedSigners(entries);
  }

  Optional<Signer> find(byte[] blob) {
    return entries.stream()
        .filter(e -> Arrays.equals(e.blob, blob))
        .map(e -> new Signer(e.principal, SshKeys.fingerprint(blob)))
        .findFirst();
  }

  private static void parse(String line, String where, List<Entry> entries) {
    List<String> words = words(line);
    int type = 0;
    while (type < words.size() && !keyType(words.get(type))) {
      type++;
    }
    if (type > 2 || type + 1 >= words.size()) {
      throw new Failure.Invalid(where + " is neither a public key nor an allowed signer");
    }
    if (type == 2 && !honoured(words.get(1), where)) {
      return;
    }
    if (!words.get(type).equals(SshKeys.ED25519)) {
      return; // another type never signs a backup
    }
    byte[] blob;
    try {
      blob = Base64.getDecoder().decode(words.get(type + 1));
      SshKeys.publicKey(blob, where);
    } catch (IllegalArgumentException | Failure.Corrupt e) {
      throw new Failure.Invalid(where + " has a damaged key", null, e);
    }
    String comment = type + 2 < words.size() ? words.get(type + 2) : "";
    entries.add(new Entry(type == 0 ? comment : words.getFirst(), blob));
  }

  /** False where the line's {@code namespaces} leave ours out. */
  private static boolean honoured(String options, String where) {
    boolean ours = true;
    for (String option : options.split(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")) {
      String name = option.split("=", 2)[0];
      if (name.equals("namespaces")) {
        String list = option.substring(option.indexOf('=') + 1).replace("\"", "");
        ours = Arrays.asList(list.split(",")).contains(Signature.NAMESPACE);
      } else {
        throw new Failure.Invalid(
            where + " has the option '" + ArchivePath.shown(name) + "', which is not supported",
            "verify with ssh-keygen: 'holdfast backup verify --show' prints the command");
      }
    }
    return ours;
  }

  private static boolean keyType(String word) {
    return word.startsWith("ssh-") || word.startsWith("ecdsa-") || word.startsWith("sk-");
  }

  /** Splits at blanks outside of quotes. */
  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      }
      if ((c == ' ' || c == '\t') && !quoted) {
        if (!word.isEmpty()) {
          words.add(word.toString());
          word.setLength(0);
        }
      } else {
        word.append(c);
      }
    }
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }
}
