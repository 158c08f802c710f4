package dev.holdfast.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Seeded;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HashedNamesTest {

  @Test
  void saysWhatASetOfStringsSays() {
    Seeded.check(
        20,
        random -> {
          HashedNames names = new HashedNames(random.nextLong());
          Set<String> set = new HashSet<>();
          for (int i = 0; i < 5000; i++) {
            String namespace = Seeded.text(random, "ab/", random.nextInt(3));
            String name = "n" + random.nextInt(3000);
            assertThat(names.add(namespace, name)).isEqualTo(set.add(namespace + "\n" + name));
          }
        });
  }
}
