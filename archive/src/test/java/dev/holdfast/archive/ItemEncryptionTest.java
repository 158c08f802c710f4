package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Seeded;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Encryption with age, both ways with the program itself. */
@Tag("EMF-11")
class ItemEncryptionTest {

  @TempDir Path folder;
  private Program program;
  private ItemEncryption encryption;
  private ItemDecryption identity;

  @BeforeEach
  void keys() throws IOException {
    Program.need("age", "age-keygen");
    program = new Program(folder);
    program.run("age-keygen", "-o", "key.txt").ok();
    program.run("age-keygen", "-o", "other.txt").ok();
    String recipient = program.run("age-keygen", "-y", "key.txt").ok().output().strip();
    encryption = ItemEncryption.to(List.of(recipient));
    identity = ItemDecryption.identities(program.text("key.txt"), "key.txt");
  }

  @Test
  void ageOpensOurs() {
    Seeded.check(
        4,
        random -> {
          byte[] plain = new byte[random.nextInt(300_000)];
          random.nextBytes(plain);
          program.write("ours.age", encryption.encrypt(plain));
          program.run("age", "-d", "-i", "key.txt", "-o", "plain", "ours.age").ok();
          assertThat(program.read("plain")).isEqualTo(plain);
          assertThat(identity.decrypt(program.read("ours.age"), "ours.age")).isEqualTo(plain);
        });
  }

  @Test
  void weOpenAges() {
    Seeded.check(
        4,
        random -> {
          byte[] plain = new byte[random.nextInt(300_000)];
          random.nextBytes(plain);
          program.write("plain", plain);
          program
              .run("age", "-r", encryption.recipients().getFirst(), "-o", "theirs.age", "plain")
              .ok();
          assertThat(identity.decrypt(program.read("theirs.age"), "theirs.age")).isEqualTo(plain);
        });
  }

  @Test
  void anotherIdentityIsTheWrongKey() throws IOException {
    byte[] sealed = encryption.encrypt("secret".getBytes(StandardCharsets.UTF_8));
    ItemDecryption other = ItemDecryption.identities(program.text("other.txt"), "other.txt");
    assertThatThrownBy(() -> other.decrypt(sealed, "it"))
        .isInstanceOf(Failure.WrongKey.class)
        .hasMessageContaining("it is not encrypted to any of these identities");
  }

  @Test
  void damageIsNeverContent() {
    byte[] plain = new byte[150_000];
    byte[] sealed = encryption.encrypt(plain);
    Seeded.check(
        60,
        random -> {
          byte[] damaged = sealed.clone();
          if (random.nextBoolean()) {
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
          } else {
            damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
          }
          byte[] given = damaged;
          assertThatThrownBy(() -> identity.decrypt(given, "it"))
              .isInstanceOfAny(Failure.Corrupt.class, Failure.WrongKey.class);
        });
  }

  @Test
  void whatIsNoKeyIsRefusedWithoutShowingIt() throws IOException {
    String secret =
        program.text("key.txt").lines().filter(l -> l.startsWith("AGE-")).findFirst().orElseThrow();
    assertThatThrownBy(() -> ItemEncryption.to(List.of(secret)))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageNotContaining(secret.substring(20));
    assertThatThrownBy(() -> ItemEncryption.to(List.of())).isInstanceOf(Failure.Invalid.class);
    assertThatThrownBy(() -> ItemEncryption.to(List.of("ssh-ed25519 AAAA")))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("not an age recipient");
    String broken = secret.substring(0, secret.length() - 1) + (secret.endsWith("X") ? "Z" : "X");
    assertThatThrownBy(() -> ItemDecryption.identities("# c\n" + broken, "key.txt"))
        .isInstanceOf(Failure.Invalid.class)
        .hasMessageContaining("key.txt, line 2")
        .hasMessageNotContaining(broken.substring(20));
    assertThatThrownBy(() -> ItemDecryption.identities("# nothing\n", "key.txt"))
        .isInstanceOf(Failure.Invalid.class);
  }

  @Test
  void secretsAreReadByAgeZstdAndTar() throws IOException {
    Program.need("zstd", "tar");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Map<ItemKey, String> written = new LinkedHashMap<>();
    try (SecretsWriter writer = new SecretsWriter(out, encryption, Instant.EPOCH)) {
      for (int i = 0; i < 30; i++) {
        ItemKey key = ItemKey.of("secrets", "shop", "s" + i);
        byte[] json = ArchiveRoundTripTest.json("v1", "Secret", key, "x".repeat(i * 100));
        writer.add(key, "v1", true, json);
        written.put(key, new String(json, StandardCharsets.UTF_8));
      }
      writer.finish();
      assertThat(writer.items()).isEqualTo(30);
    }
    Map<ItemKey, String> read = new LinkedHashMap<>();
    SecretsReader.read(
        new ByteArrayInputStream(out.toByteArray()),
        identity,
        Limits.DEFAULT,
        (key, json) -> read.put(key, new String(json, StandardCharsets.UTF_8)));
    assertThat(read).isEqualTo(written);

    program.write("secrets.age", out.toByteArray());
    program.shell("age -d -i key.txt secrets.age | zstd -dc | tar x").ok();
    assertThat(program.text("resources/secrets/namespaces/shop/s7.json"))
        .isEqualTo(written.get(ItemKey.of("secrets", "shop", "s7")));
  }

  @Test
  void secretsThatWereNotFinishedAreNotRead() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (SecretsWriter writer = new SecretsWriter(out, encryption, Instant.EPOCH)) {
      ItemKey key = ItemKey.of("secrets", "shop", "s");
      writer.add(key, "v1", true, ArchiveRoundTripTest.json("v1", "Secret", key, ""));
    }
    assertThatThrownBy(() ->
            SecretsReader.read(
                new ByteArrayInputStream(out.toByteArray()),
                identity,
                Limits.DEFAULT,
                (_, _) -> {}))
        .isInstanceOf(Failure.Corrupt.class);
  }
}
