package dev.holdfast.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A program that a container of the sandbox cannot see is found before anything is measured. */
class MoversTest {

  @Test
  void aProgramBelowWhatContainersHaveOfTheirOwnIsFound() {
    assertThat(Movers.hidden(line("/usr/bin/java", "/opt/holdfast/a.jar:/opt/b.jar"))).isEmpty();
    assertThat(Movers.hidden(line("/tmp/holdfast/bin/java", "/opt/a.jar"))).contains("/tmp");
    assertThat(Movers.hidden(line("/usr/bin/java", "/opt/a.jar:/run/user/0/b.jar")))
        .contains("/run");
    assertThat(Movers.hidden(line("/tmporary/java", "/running/a.jar"))).isEmpty();
  }

  private static List<String> line(String java, String classes) {
    return List.of(java, "-Djava.io.tmpdir=/tmp/x", "-cp", classes, "dev.holdfast.cli.Main");
  }
}
