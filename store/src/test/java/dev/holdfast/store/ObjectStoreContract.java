package dev.holdfast.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Names;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ObjectStore.Listing;
import dev.holdfast.store.ObjectStore.Meta;
import dev.holdfast.store.ObjectStore.PutOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link ObjectStore} promises; each implementation is held to it by a subclass. */
public abstract class ObjectStoreContract {

  protected final Operation op = Operation.start();
  protected ObjectStore store;

  /** A store without objects. */
  protected abstract ObjectStore emptyStore() throws Exception;

  /** The client for signed URLs. */
  protected HttpClient http() throws Exception {
    return HttpClient.newHttpClient();
  }

  /** Test methods that a server in a test is known to fail, and what is wrong with it. */
  protected Map<String, String> defectsOfTheServer() {
    return Map.of();
  }

  @BeforeEach
  void openStore(TestInfo test) throws Exception {
    String defect = defectsOfTheServer().get(test.getTestMethod().orElseThrow().getName());
    assumeTrue(defect == null, defect);
    store = emptyStore();
  }

  @AfterEach
  void closeStore() {
    if (store != null) {
      store.close();
    }
  }

  @Test
  void givesBackWhatWasPut() {
    Instant before = Instant.now().minusSeconds(2);
    Meta put = store.put(op, "backups/a/velero-backup.json", bytes("one"), PutOptions.NONE);
    assertThat(put.key()).isEqualTo("backups/a/velero-backup.json");
    assertThat(put.size()).isEqualTo(3);
    assertThat(text("backups/a/velero-backup.json")).isEqualTo("one");
    Meta head = store.head(op, "backups/a/velero-backup.json").orElseThrow();
    assertThat(head.size()).isEqualTo(3);
    assertThat(head.modified()).isBetween(before, Instant.now().plusSeconds(2));
  }

  @Test
  void replaces() {
    put("k", "a longer first text");
    put("k", "two");
    assertThat(text("k")).isEqualTo("two");
  }

  @Test
  void holdsEmptyObjects() {
    put("empty", "");
    assertThat(text("empty")).isEmpty();
    assertThat(store.head(op, "empty").orElseThrow().size()).isZero();
    store.put(op, "stream", new ByteArrayInputStream(new byte[0]), PutOptions.NONE);
    assertThat(text("stream")).isEmpty();
  }

  @Test
  void storesStreamsOfUnknownLength() throws IOException {
    byte[] body = random(12_345_678);
    Meta meta = store.put(op, "big", new ByteArrayInputStream(body), PutOptions.NONE);
    assertThat(meta.size()).isEqualTo(body.length);
    try (InputStream in = store.get(op, "big")) {
      assertThat(Names.sha256(in.readAllBytes())).isEqualTo(Names.sha256(body));
    }
  }

  @Test
  void doesNotCloseTheBody() {
    boolean[] closed = {false};
    InputStream body =
        new ByteArrayInputStream(bytes("x")) {
          @Override
          public void close() {
            closed[0] = true;
          }
        };
    store.put(op, "k", body, PutOptions.NONE);
    assertThat(closed[0]).isFalse();
  }

  @Test
  void checksThePromisedHashAndLength() {
    byte[] body = random(300_000);
    store.put(
        op,
        "right",
        new ByteArrayInputStream(body),
        new PutOptions(body.length, Names.sha256(body), null, null));
    assertThat(store.head(op, "right").orElseThrow().size()).isEqualTo(body.length);

    PutOptions wrongHash = new PutOptions(-1, Names.sha256("other"), null, null);
    assertThatThrownBy(() -> store.put(op, "hash", new ByteArrayInputStream(body), wrongHash))
        .isInstanceOf(Failure.Corrupt.class);
    assertThatThrownBy(() -> store.put(op, "hash", body, wrongHash))
        .isInstanceOf(Failure.Corrupt.class);
    for (long wrong : new long[] {body.length - 1L, body.length + 1L}) {
      PutOptions wrongLength = new PutOptions(wrong, null, null, null);
      assertThatThrownBy(() -> store.put(op, "len", new ByteArrayInputStream(body), wrongLength))
          .isInstanceOf(Failure.Corrupt.class);
    }
    assertThat(keys("")).containsExactly("right");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 100, 200_000, 9_000_000})
  void leavesTheOldObjectWhenTheBodyCannotBeRead(int readable) {
    put("k", "old");
    InputStream broken =
        new SequenceInputStream(
            new ByteArrayInputStream(new byte[readable]),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("the source is broken");
              }

              @Override
              public int read(byte[] bytes, int offset, int length) throws IOException {
                return read();
              }
            });
    assertThatThrownBy(() -> store.put(op, "k", broken, PutOptions.NONE))
        .isInstanceOf(UncheckedIOException.class)
        .hasRootCauseMessage("the source is broken");
    assertThat(text("k")).isEqualTo("old");
    assertThat(keys("")).containsExactly("k");
  }

  @Test
  void saysWhatIsAbsent() {
    put("other", "x");
    assertThat(store.head(op, "a/b")).isEmpty();
    assertThatThrownBy(() -> store.get(op, "a/b").readAllBytes())
        .isInstanceOf(Failure.Absent.class)
        .hasMessageContaining("a/b");
    assertThatThrownBy(() -> store.get(op, "a/b", 1, 2).readAllBytes())
        .isInstanceOf(Failure.Absent.class);
    store.delete(op, "a/b");
  }

  @Test
  void doesNotTakeAPrefixForAnObject() {
    put("a/b/c", "x");
    assertThat(store.head(op, "a/b")).isEmpty();
    assertThatThrownBy(() -> store.get(op, "a/b")).isInstanceOf(Failure.Absent.class);
    store.delete(op, "a/b");
    assertThat(text("a/b/c")).isEqualTo("x");
    assertThat(store.head(op, "a/b/c/d")).isEmpty();
  }

  @Test
  void readsRanges() throws IOException {
    put("k", "0123456789");
    assertThat(range("k", 0, 4)).isEqualTo("0123");
    assertThat(range("k", 3, 4)).isEqualTo("3456");
    assertThat(range("k", 7, 100)).isEqualTo("789");
    assertThat(range("k", 9, Long.MAX_VALUE)).isEqualTo("9");
    assertThat(range("k", 4, 0)).isEmpty();
    assertThat(range("k", 10, 5)).isEmpty();
    assertThat(range("k", 1000, 5)).isEmpty();
    put("empty", "");
    assertThat(range("empty", 0, 5)).isEmpty();
    assertThatThrownBy(() -> store.get(op, "k", -1, 5)).isInstanceOf(Failure.Invalid.class);
    assertThatThrownBy(() -> store.get(op, "k", 0, -5)).isInstanceOf(Failure.Invalid.class);
  }

  @Test
  void listsOneLevel() {
    for (String key : List.of("a", "backups/x/1", "backups/x/2", "backups/y/1", "restores/r/z")) {
      put(key, key);
    }
    Listing top = store.list(op, "");
    assertThat(top.objects()).extracting(Meta::key).containsExactly("a");
    assertThat(top.prefixes()).containsExactly("backups/", "restores/");
    Listing backups = store.list(op, "backups/");
    assertThat(backups.objects()).isEmpty();
    assertThat(backups.prefixes()).containsExactly("backups/x/", "backups/y/");
    Listing x = store.list(op, "backups/x/");
    assertThat(x.objects()).extracting(Meta::key).containsExactly("backups/x/1", "backups/x/2");
    assertThat(x.objects()).extracting(Meta::size).containsExactly(11L, 11L);
    assertThat(store.list(op, "nothing/here/")).isEqualTo(new Listing(List.of(), List.of()));
    assertThat(store.list(op, "a/")).isEqualTo(new Listing(List.of(), List.of()));
  }

  @Test
  void listsPrefixesOnlyWhileTheyHoldObjects() {
    put("a/b/c/d", "x");
    put("e", "x");
    store.delete(op, "a/b/c/d");
    assertThat(store.list(op, "").prefixes()).isEmpty();
    assertThat(keys("")).containsExactly("e");
  }

  @Test
  void listsAllInTheOrderOfBytes() {
    List<String> keys =
        List.of("a-b", "a.b", "a/b", "a/b.c", "a/b0/c", "a0", "B", "b/1/2/3", "b/1/2/30", "~");
    List<String> shuffled = new ArrayList<>(keys);
    java.util.Collections.shuffle(shuffled, new java.util.Random(7));
    shuffled.forEach(key -> put(key, "x"));
    assertThat(keys("")).containsExactlyElementsOf(keys.stream().sorted(Keys.ORDER).toList());
    assertThat(keys("b/1/")).containsExactly("b/1/2/3", "b/1/2/30");
    assertThat(keys("a/")).containsExactly("a/b", "a/b.c", "a/b0/c");
    assertThat(keys("none/")).isEmpty();
  }

  @Test
  void listsMoreThanAPage() {
    List<String> expected = IntStream.range(0, 2_100).mapToObj("p/%05d"::formatted).toList();
    op.forEach(expected.iterator(), 16, key -> put(key, "x"));
    assertThat(keys("p/")).isEqualTo(expected);
    assertThat(store.list(op, "p/").objects()).hasSize(2_100);
  }

  @Test
  void deletes() {
    put("a/b", "x");
    put("a/c", "x");
    store.delete(op, "a/b");
    assertThat(store.head(op, "a/b")).isEmpty();
    assertThat(keys("")).containsExactly("a/c");
  }

  @Test
  void partsOfAnArrayAreStored() throws IOException {
    byte[] body = new byte[9 << 20];
    new SplittableRandom(4).nextBytes(body);
    int length = body.length - 5;
    PutOptions options = new PutOptions(length, null, null, null);
    assertThat(store.put(op, "array", body, length, options).size()).isEqualTo(length);
    assertThatThrownBy(() -> store.put(op, "array", body, 3, options))
        .isInstanceOf(Failure.Corrupt.class);
    try (InputStream in = store.get(op, "array")) {
      assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOf(body, length));
    }
  }

  @Test
  void putsIfAbsent() {
    assertThat(store.putIfAbsent(op, "claims/c", bytes("mine"))).isTrue();
    assertThat(store.putIfAbsent(op, "claims/c", bytes("theirs"))).isFalse();
    assertThat(store.putIfAbsent(op, "claims/c", bytes("mine"))).isFalse();
    assertThat(text("claims/c")).isEqualTo("mine");
    store.delete(op, "claims/c");
    assertThat(store.putIfAbsent(op, "claims/c", bytes("theirs"))).isTrue();
  }

  @Test
  void letsExactlyOneOfManyWin() {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        store.capabilities().putIfAbsent(), "This store has no atomic put-if-absent: skipped");
    for (int round = 0; round < 5; round++) {
      String key = "race/" + round;
      List<Callable<Boolean>> writers = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        byte[] body = bytes("writer " + (i % 3));
        writers.add(() -> store.putIfAbsent(op, key, body));
      }
      assertThat(op.all(writers)).filteredOn(won -> won).hasSize(1);
    }
  }

  @Test
  void showsOneOfTwoWritersWhole() {
    byte[] a = bytes("a".repeat(400_000));
    byte[] b = bytes("b".repeat(300_000));
    put("k", "first");
    for (int round = 0; round < 5; round++) {
      var first = op.fork(() -> store.put(op, "k", new ByteArrayInputStream(a), PutOptions.NONE));
      var second = op.fork(() -> store.put(op, "k", new ByteArrayInputStream(b), PutOptions.NONE));
      String between = text("k");
      first.join();
      second.join();
      String after = text("k");
      assertThat(Names.sha256(after)).isIn(Names.sha256(a), Names.sha256(b));
      assertThat(Names.sha256(between))
          .isIn(Names.sha256(a), Names.sha256(b), Names.sha256("first"));
    }
  }

  @Test
  void keepsWritingBesideADeleterInTheSameFolder() {
    put("keep", "x");
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int n = i;
      tasks.add(() -> {
        for (int round = 0; round < 25; round++) {
          put("shared/folder/" + n, "x");
          assertThat(text("shared/folder/" + n)).isEqualTo("x");
          store.delete(op, "shared/folder/" + n);
        }
        return null;
      });
    }
    op.all(tasks);
    assertThat(keys("")).containsExactly("keep");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a/..", "a\nb", "a\0b"
      })
  void refusesKeysThatAreNone(String key) {
    assertThatThrownBy(() -> store.put(op, key, bytes("x"), PutOptions.NONE))
        .isInstanceOf(Failure.Invalid.class);
    assertThatThrownBy(() -> store.get(op, key)).isInstanceOf(Failure.Invalid.class);
    assertThatThrownBy(() -> store.get(op, key, 0, 1)).isInstanceOf(Failure.Invalid.class);
    assertThatThrownBy(() -> store.head(op, key)).isInstanceOf(Failure.Invalid.class);
    assertThatThrownBy(() -> store.delete(op, key)).isInstanceOf(Failure.Invalid.class);
    assertThatThrownBy(() -> store.putIfAbsent(op, key, bytes("x")))
        .isInstanceOf(Failure.Invalid.class);
  }

  @Test
  void refusesPrefixesThatAreNone() {
    for (String prefix : List.of("a", "/", "../", "a//", "a/../")) {
      assertThatThrownBy(() -> store.list(op, prefix)).isInstanceOf(Failure.Invalid.class);
      assertThatThrownBy(() -> store.listAll(op, prefix, _ -> {}))
          .isInstanceOf(Failure.Invalid.class);
    }
  }

  @Test
  void takesOddButValidKeys() {
    List<String> keys =
        List.of("a b/c d", "+", "100%25", "a&b=c", "#?", "~'()!*", "a:b", "..a/b..", "é/日本", "\\");
    keys.forEach(key -> put(key, key));
    assertThat(keys("")).containsExactlyElementsOf(keys.stream().sorted(Keys.ORDER).toList());
    keys.forEach(key -> assertThat(text(key)).isEqualTo(key));
  }

  @Test
  void signsUrlsOrSaysThatItCannot() throws Exception {
    put("signed/a b+c", "content");
    if (!store.capabilities().signedUrls()) {
      assertThatThrownBy(() -> store.signedGet(op, "signed/a b+c", Duration.ofMinutes(1)))
          .isInstanceOf(Failure.Unsupported.class);
      assertThatThrownBy(() -> store.signedPut(op, "signed/d", Duration.ofMinutes(1)))
          .isInstanceOf(Failure.Unsupported.class);
      return;
    }
    HttpClient http = http();
    var get =
        http.send(
            HttpRequest.newBuilder(store.signedGet(op, "signed/a b+c", Duration.ofMinutes(1)))
                .build(),
            BodyHandlers.ofString());
    assertThat(get.statusCode()).isEqualTo(200);
    assertThat(get.body()).isEqualTo("content");
    var put =
        http.send(
            HttpRequest.newBuilder(store.signedPut(op, "signed/d", Duration.ofMinutes(1)))
                .PUT(java.net.http.HttpRequest.BodyPublishers.ofString("put"))
                .build(),
            BodyHandlers.ofString());
    assertThat(put.statusCode()).isEqualTo(200);
    assertThat(text("signed/d")).isEqualTo("put");
  }

  @Test
  void endsWhenCancelled() {
    Operation cancelled = Operation.start();
    cancelled.cancel("enough");
    assertThatThrownBy(() -> store.put(cancelled, "k", bytes("x"), PutOptions.NONE))
        .isInstanceOf(Failure.Cancelled.class);
    assertThatThrownBy(() -> store.get(cancelled, "k")).isInstanceOf(Failure.Cancelled.class);
    assertThatThrownBy(() -> store.list(cancelled, "")).isInstanceOf(Failure.Cancelled.class);
    put("k", "x");
    assertThat(keys("")).containsExactly("k");
  }

  protected final void put(String key, String body) {
    store.put(op, key, bytes(body), PutOptions.NONE);
  }

  protected final String text(String key) {
    return content(store, key);
  }

  protected final String content(ObjectStore from, String key) {
    try (InputStream in = from.get(op, key)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String range(String key, long offset, long length) throws IOException {
    try (InputStream in = store.get(op, key, offset, length)) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  protected final List<String> keys(String prefix) {
    List<String> keys = new ArrayList<>();
    store.listAll(op, prefix, meta -> keys.add(meta.key()));
    return keys;
  }

  protected static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  protected static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(size).nextBytes(bytes);
    return bytes;
  }
}
