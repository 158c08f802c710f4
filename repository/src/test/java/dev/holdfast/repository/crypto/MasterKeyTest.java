package dev.holdfast.repository.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;

class MasterKeyTest {

  @Test
  void poly1305ReducesSumsJustBelowAndAboveItsPrime() {
    byte[] key = new byte[32];
    key[0] = 1; // r = 1: the sum of the blocks; then no pad
    for (int k = 2; k < 12; k++) {
      byte[] message = new byte[32]; // two blocks that add up to 2^130 - k
      Arrays.fill(message, (byte) 0xff);
      message[16] = (byte) (1 - k);
      byte[] tag = new byte[16];
      Poly1305.own(key, message, 0, message.length, tag, 0);
      var peer = new org.bouncycastle.crypto.macs.Poly1305();
      peer.init(new KeyParameter(key));
      peer.update(message, 0, message.length);
      byte[] expected = new byte[16];
      peer.doFinal(expected, 0);
      assertThat(tag).as("2^130 - %d", k).isEqualTo(expected);
    }
  }

  @Test
  void poly1305IsThatOfBouncyCastle() {
    Seeded.check(
        400,
        random -> {
          byte[] key = new byte[32];
          random.nextBytes(key);
          byte[] message =
              new byte[random.nextInt(4) == 0 ? random.nextInt(200_000) : random.nextInt(200)];
          if (random.nextInt(3) == 0) {
            Arrays.fill(message, (byte) 0xff);
          } else {
            random.nextBytes(message);
          }
          byte[] tag = new byte[16];
          Poly1305.tag(key, message, 0, message.length, tag, 0); // the JDK's where it is opened
          byte[] own = new byte[16];
          Poly1305.own(key, message, 0, message.length, own, 0);

          byte[] masked = key.clone();
          for (int i : new int[] {3, 7, 11, 15}) {
            masked[i] &= 15;
          }
          for (int i : new int[] {4, 8, 12}) {
            masked[i] &= (byte) 252;
          }
          var peer = new org.bouncycastle.crypto.macs.Poly1305();
          peer.init(new KeyParameter(masked));
          peer.update(message, 0, message.length);
          byte[] expected = new byte[16];
          peer.doFinal(expected, 0);
          assertThat(tag).isEqualTo(expected);
          assertThat(own).isEqualTo(expected);
        });
  }

  @Test
  void opensWhatItSealed() {
    MasterKey key = MasterKey.random();
    Seeded.check(
        100,
        random -> {
          byte[] plain = new byte[random.nextInt(100_000)];
          random.nextBytes(plain);
          assertThat(key.open(key.seal(plain), "it")).isEqualTo(plain);
        });
  }

  @Test
  void anyFlippedBitIsNoticed() {
    MasterKey key = MasterKey.random();
    byte[] sealed = key.seal(new byte[40]);
    for (int bit = 0; bit < sealed.length * 8; bit++) {
      byte[] damaged = sealed.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> key.open(damaged, "The blob")).isInstanceOf(Failure.Corrupt.class);
    }
    assertThatThrownBy(() -> key.open(new byte[31], "The blob")).hasMessageContaining("too short");
  }

  @Test
  void everyEnvelopeHasAnotherIv() {
    MasterKey key = MasterKey.random();
    Set<String> ivs = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      ivs.add(Arrays.toString(Arrays.copyOf(key.seal(new byte[0]), 16)));
    }
    assertThat(ivs).hasSize(10_000);
  }

  @Test
  void aKeyFileOpensWithItsPasswordOnly() {
    MasterKey key = MasterKey.random();
    KeyFile file = KeyFile.create(key, "tide pool\n", KeyFile.Cost.WEAK, Instant.now(), "u", "h");
    KeyFile read = KeyFile.read(file.toJson(), "Key 1");
    assertThat(read.open("wrong")).isEmpty();
    byte[] sealed = key.seal(new byte[] {1, 2, 3});
    assertThat(read.open(" tide pool ").orElseThrow().open(sealed, "it")).containsExactly(1, 2, 3);
  }

  @Test
  void refusesAbsurdKeyFiles() {
    String json =
        new String(
            KeyFile.create(MasterKey.random(), "p", KeyFile.Cost.WEAK, Instant.now(), "u", "h")
                .toJson(),
            java.nio.charset.StandardCharsets.UTF_8);
    for (String bad :
        new String[] {
          json.replace("\"N\":1024", "\"N\":1025"),
          json.replace("\"N\":1024", "\"N\":1073741824"),
          json.replace("scrypt", "argon"),
          json.replaceFirst("\"salt\":\"....", "\"salt\":\""),
          "{}",
          "[]",
          "x"
        }) {
      assertThatThrownBy(
              () -> KeyFile.read(bad.getBytes(java.nio.charset.StandardCharsets.UTF_8), "Key 1"))
          .isInstanceOf(Failure.Corrupt.class);
    }
  }
}
