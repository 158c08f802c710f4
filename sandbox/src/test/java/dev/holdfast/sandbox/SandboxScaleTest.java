package dev.holdfast.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Many clients at once, many objects, many sandboxes. */
class SandboxScaleTest {

  @Test
  void manyWritersAndPagedListsAtOnce() throws Exception {
    try (Sandbox sandbox = Sandbox.start();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Client client = new Client(sandbox);
      client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"shop\"}}");
      List<Future<?>> writers = new ArrayList<>();
      for (int w = 0; w < 64; w++) {
        int writer = w;
        writers.add(
            threads.submit(() -> {
              for (int i = 0; i < 20; i++) {
                String name = "s-" + writer + "-" + i;
                var answer =
                    client.post(
                        "/api/v1/namespaces/shop/secrets",
                        "{\"metadata\":{\"name\":\"" + name + "\"}}");
                assertThat(answer.code()).isEqualTo(201);
              }
              return null;
            }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
      int found = 0;
      String next = "";
      do {
        var page =
            client.get("/api/v1/secrets?limit=500" + (next.isEmpty() ? "" : "&continue=" + next));
        found += page.body().at("/items").size();
        next = page.at("/metadata/continue");
      } while (!next.isEmpty());
      assertThat(found).isEqualTo(64 * 20);
    }
  }

  @Test
  void sandboxesAreCheapAndDoNotMix() throws Exception {
    List<Sandbox> fleet = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        fleet.add(Sandbox.start());
      }
      for (int i = 0; i < fleet.size(); i++) {
        Client client = new Client(fleet.get(i));
        client.post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"own-" + i + "\"}}");
        assertThat(client.get("/api/v1/namespaces").body().at("/items").size()).isEqualTo(5);
      }
    } finally {
      fleet.forEach(Sandbox::close);
    }
  }
}
