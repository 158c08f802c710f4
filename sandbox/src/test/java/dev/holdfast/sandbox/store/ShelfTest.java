package dev.holdfast.sandbox.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.GroupResource;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A shelf knows its earlier states as far as it remembers. */
class ShelfTest {

  private static final GroupResource SECRETS = new GroupResource("", "secrets");

  private static Stored secret(String name) {
    ObjectNode object = Json.MAPPER.createObjectNode();
    object.putObject("metadata").put("name", name).put("namespace", "n");
    return Codec.store(SECRETS, object);
  }

  private static List<String> names(Shelf.View view) {
    return view.stream().map(each -> each.name() + "@" + each.version()).toList();
  }

  @Test
  void earlierStatesAreWhatTheyWere() {
    ObjectStore store = new ObjectStore();
    Random random = new Random(3);
    List<List<String>> states = new ArrayList<>();
    for (int i = 0; i < Shelf.HISTORY + 500; i++) {
      String name = "s" + random.nextInt(30);
      Stored present = store.get(SECRETS, "n", name);
      boolean remove = present != null && random.nextBoolean();
      store.commit(present, remove ? null : secret(name));
      states.add(names(store.view(SECRETS)));
    }
    Shelf shelf = store.shelf(SECRETS);
    long newest = store.version();
    for (long version = newest; version > newest - Shelf.HISTORY; version -= 97) {
      assertThat(names(Objects.requireNonNull(shelf.at(version))))
          .isEqualTo(states.get((int) version - 2));
    }
    assertThat(shelf.at(newest - Shelf.HISTORY - 1)).isNull();
  }
}
