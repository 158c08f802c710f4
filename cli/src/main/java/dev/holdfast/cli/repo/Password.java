package dev.holdfast.cli.repo;

import dev.holdfast.cli.output.Console;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where a repository's password comes from, the first that there is: {@code --password-file},
 * {@code --password-command}, HOLDFAST_PASSWORD, the location's entry (annotations {@value #FILE}
 * and {@value #COMMAND}), RESTIC_PASSWORD_FILE, RESTIC_PASSWORD_COMMAND, RESTIC_PASSWORD, a
 * question on a terminal. White space at both ends is dropped, as restic does. It never stands in
 * an argument or a message.
 */
final class Password {

  static final String FILE = "holdfast.dev/password-file";
  static final String COMMAND = "holdfast.dev/password-command";

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Console console;
  private final Map<String, String> location;
  private final Map<String, String> environment;

  /**
   * @param location annotations of the location, empty where there is none
   */
  Password(Console console, Map<String, String> location) {
    this(console, location, console.environment());
  }

  /** The same with other variables: a second repository has its own. */
  Password(Console console, Map<String, String> location, Map<String, String> environment) {
    this.console = console;
    this.location = location;
    this.environment = environment;
  }

  /**
   * A new password: of a file, or asked for twice.
   *
   * @throws Failure.Invalid if there is none, it is empty, or the answers differ
   */
  String choose(@Nullable String file) {
    if (file != null) {
      return notEmpty(read(file), "The password file " + file);
    }
    if (!console.interactive()) {
      throw new Failure.Invalid("There is no new password", "give it with --new-password-file");
    }
    String chosen =
        notEmpty(console.askSecret("enter new password: ").orElse(""), "The new password");
    if (!chosen.equals(console.askSecret("enter password again: ").orElse("").strip())) {
      throw new Failure.Invalid("The passwords do not match", "nothing was changed; try again");
    }
    return chosen;
  }

  /**
   * The password.
   *
   * @param file {@code --password-file}
   * @param command {@code --password-command}
   * @throws Failure.Invalid if there is none, or it is empty
   */
  String find(Operation op, @Nullable String file, @Nullable String command) {
    return configured(op, file, command).orElseGet(this::ask);
  }

  /** The same without asking. */
  Optional<String> configured(Operation op, @Nullable String file, @Nullable String command) {
    String known = environment.getOrDefault("HOLDFAST_PASSWORD", "");
    if (file == null && command == null && !known.isBlank()) {
      return Optional.of(known.strip());
    }
    String found =
        first(
            op,
            new String[] {file, command},
            new String[] {location.get(FILE), location.get(COMMAND)},
            new String[] {
              environment.get("RESTIC_PASSWORD_FILE"), environment.get("RESTIC_PASSWORD_COMMAND")
            });
    String restic = environment.getOrDefault("RESTIC_PASSWORD", "").strip();
    return found != null
        ? Optional.of(found)
        : restic.isEmpty() ? Optional.empty() : Optional.of(restic);
  }

  /** Pairs of a file and a command. */
  private static @Nullable String first(Operation op, @Nullable String[]... pairs) {
    for (@Nullable String[] pair : pairs) {
      String file = pair[0];
      String command = pair[1];
      if (file != null && !file.isEmpty()) {
        return notEmpty(read(file), "The password file " + file);
      }
      if (command != null && !command.isEmpty()) {
        return notEmpty(run(op, command), "What the password command prints");
      }
    }
    return null;
  }

  private static String notEmpty(String text, String what) {
    String password = text.strip();
    if (password.isEmpty()) {
      throw new Failure.Invalid(what + " is empty", "an empty password protects nothing");
    }
    return password;
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new Failure.Absent("Cannot read the password file " + file, null, e);
    }
  }

  /** Runs a command without a shell; what it prints on standard error goes to ours. */
  private static String run(Operation op, String line) {
    List<String> words = words(line);
    try {
      Process process =
          new ProcessBuilder(words)
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (var _ = op.onCancel(process::destroy)) {
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            || process.exitValue() != 0) {
          process.destroy();
          throw new Failure.Invalid(
              "The password command " + words.getFirst() + " failed",
              "run it by itself to see why");
        }
        return out;
      }
    } catch (IOException e) {
      throw new Failure.Invalid(
          "The password command " + words.getFirst() + " cannot run", null, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure.Cancelled("Interrupted");
    }
  }

  /** Words as restic splits them: blanks part, quotes of both kinds hold together. */
  static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    char quote = 0;
    boolean inWord = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (quote != 0 ? c == quote : c == '"' || c == '\'') {
        quote = quote == 0 ? c : 0;
        inWord = true;
      } else if (quote == 0 && Character.isWhitespace(c)) {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
        }
        inWord = false;
      } else {
        word.append(c);
        inWord = true;
      }
    }
    if (inWord) {
      words.add(word.toString());
    }
    if (quote != 0 || words.isEmpty()) {
      throw new Failure.Invalid("The password command is empty or has an open quote");
    }
    return words;
  }

  private String ask() {
    if (!console.interactive()) {
      throw new Failure.Invalid(
          "There is no password for the repository",
          "give it with --password-file, --password-command or HOLDFAST_PASSWORD");
    }
    return notEmpty(console.askSecret("Password of the repository: ").orElse(""), "The password");
  }
}
