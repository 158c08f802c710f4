package dev.holdfast.repository.crypto;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Seeded;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.bouncycastle.crypto.generators.SCrypt;
import org.junit.jupiter.api.Test;

class ScryptTest {

  private static String derive(String password, String salt, int n, int r, int p) {
    byte[] key = Scrypt.derive(password.getBytes(UTF_8), salt.getBytes(UTF_8), n, r, p, 64);
    return HexFormat.of().formatHex(key);
  }

  @Test
  void theVectorsOfTheRfc() {
    assertThat(derive("", "", 16, 1, 1))
        .isEqualTo(
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
    assertThat(derive("password", "NaCl", 1024, 8, 16))
        .isEqualTo(
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
    assertThat(derive("pleaseletmein", "SodiumChloride", 16384, 8, 1))
        .isEqualTo(
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
  }

  @Test
  void equalsAnotherImplementation() {
    Seeded.check(
        30,
        random -> {
          byte[] password = bytes(random, 0, 100);
          byte[] salt = bytes(random, 1, 100);
          int n = 2 << random.nextInt(8);
          int r = 1 + random.nextInt(9);
          int p = 1 + random.nextInt(5);
          int size = 1 + random.nextInt(100);
          assertThat(Scrypt.derive(password, salt, n, r, p, size))
              .isEqualTo(SCrypt.generate(password, salt, n, r, p, size));
        });
  }

  private static byte[] bytes(RandomGenerator random, int least, int most) {
    byte[] bytes = new byte[random.nextInt(least, most)];
    random.nextBytes(bytes);
    return bytes;
  }
}
