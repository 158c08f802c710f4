package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** Other people's programs that check what the command made, and the keys that they make for it. */
public record Programs(Path folder) {

  /**
   * How a program ended.
   *
   * @param output what it printed, errors included
   */
  public record Ended(int code, String output) {}

  /** Keys are made in this folder. */
  public static Programs in(Path folder) {
    return new Programs(folder);
  }

  public static boolean there(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
  }

  /** Skips the test where one of them is missing. */
  public Programs need(String... names) {
    for (String name : names) {
      assumeTrue(there(name), name + " is not on the path");
    }
    return this;
  }

  /** Runs a program there until it ends. */
  public Ended run(Path where, String... words) {
    try {
      Path output = Files.createTempFile(folder, "output", "");
      Process process =
          new ProcessBuilder(words)
              .directory(where.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      process.getOutputStream().close();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(words[0] + " ended in time").isTrue();
      return new Ended(process.exitValue(), Files.readString(output));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a program prints to its standard output; it must succeed. */
  public byte[] output(String... words) {
    try {
      Process process =
          new ProcessBuilder(words)
              .directory(folder.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      process.getInputStream().transferTo(out);
      assertThat(process.waitFor()).as(String.join(" ", words)).isZero();
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Makes an age key pair in a file and returns the public key. */
  public String ageKey(String file) {
    String path = folder.resolve(file).toString();
    var _ = output("age-keygen", "-o", path);
    return new String(output("age-keygen", "-y", path), StandardCharsets.UTF_8).strip();
  }

  /** Makes an Ed25519 key pair without a passphrase: FILE and FILE.pub. */
  public void signingKey(String file, String comment) {
    var _ =
        output(
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            comment,
            "-f",
            folder.resolve(file).toString());
  }

  /** Writes an allowed signers file with one key and returns its path. */
  public String allowedSigners(String principal, String key) {
    try {
      Path file = folder.resolve("allowed-" + key);
      Files.writeString(file, principal + " " + Files.readString(folder.resolve(key + ".pub")));
      return file.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
