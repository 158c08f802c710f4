package dev.holdfast.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.ItemKey;
import dev.holdfast.model.Seeded;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever an archive is made of: a clear failure or the items, nothing else. */
@Tag("EMF-11")
class BadArchiveTest {

  private static final String POD = "resources/pods/namespaces/shop/web.json";

  @Test
  void soundOneOfAnotherTarWriterIsRead() throws IOException {
    assertThat(items(archive(POD, pod("shop", "web")))).containsExactly("pods/shop/web");
    String name = "w".repeat(240);
    assertThat(
            items(archive("./resources/pods/namespaces/shop/" + name + ".json", pod("shop", name))))
        .containsExactly("pods/shop/" + name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../etc/passwd",
        "/resources/pods/namespaces/shop/web.json",
        "resources/pods/namespaces/../web.json",
        "resources/pods/namespaces/shop/../../../web.json",
        "resources/pods//shop/web.json",
        "resources\\pods\\web.json",
        "resources/pods/namespaces/shop/./web.json"
      })
  void pathsThatLeadElsewhereAreRefused(String path) throws IOException {
    assertThatThrownBy(() -> items(archive(path, pod("shop", "web"))))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("whose path is not a plain one");
  }

  @Test
  void linksAreRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      TarArchiveEntry link = new TarArchiveEntry(POD, TarConstants.LF_SYMLINK);
      link.setLinkName("/etc/passwd");
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
    }
    assertThatThrownBy(() -> items(Gzip.compress(bytes.toByteArray())))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("a link or a device");
  }

  @Test
  void twoOfOneNameAreRefused() throws IOException {
    assertThatThrownBy(
            () -> items(archive(POD, pod("shop", "web"), "./" + POD, pod("shop", "web"))))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("two entries");
  }

  @Test
  void anObjectThatIsNotWhatItsFileSaysIsRefused() throws IOException {
    assertThatThrownBy(() -> items(archive(POD, pod("shop", "other"))))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("pods/shop/web holds another object: Pod 'shop/other'");
    assertThatThrownBy(() -> items(archive(POD, pod("kube-system", "web"))))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("kube-system/web");
    assertThatThrownBy(() -> items(archive("resources/nodes/cluster/web.json", pod("shop", "web"))))
        .isInstanceOf(Failure.Corrupt.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "nonsense", "{", "{}", "{\"apiVersion\":\"v1\"} x", "null"})
  void whatIsNoObjectIsRefused(String json) throws IOException {
    assertThatThrownBy(() -> items(archive(POD, json)))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("pods/shop/web");
  }

  @Test
  void aDeepObjectIsRefused() throws IOException {
    String deep =
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"x\":"
            + "[".repeat(500_000)
            + "]".repeat(500_000)
            + "}";
    assertThatThrownBy(() -> items(archive(POD, deep))).isInstanceOf(Failure.Corrupt.class);
  }

  @Test
  void unknownEntriesAreNamedAndIgnored() throws IOException {
    List<String> warnings = new ArrayList<>();
    byte[] archive =
        archive(
            "metadata/version",
            "1.1.0\n",
            "notes.txt",
            "hello",
            "resources/pods/namespaces/shop/web.yaml",
            "x",
            "resources/pods/odd/place/web.json",
            "x",
            POD,
            pod("shop", "web"));
    assertThat(items(archive, Limits.DEFAULT, warnings)).containsExactly("pods/shop/web");
    assertThat(warnings).hasSize(3).allMatch(w -> w.endsWith("is no item and was ignored"));
    List<String> empty = new ArrayList<>();
    items(archive("metadata/version", "1.1.0\n"), Limits.DEFAULT, empty);
    assertThat(empty).containsExactly("The archive holds no items");
  }

  @Test
  @Tag("KUR-36")
  void aNewerFormatIsRefusedByName() throws IOException {
    assertThatThrownBy(() -> items(archive("metadata/version", "2.0.0\n", POD, pod("shop", "web"))))
        .isInstanceOf(Failure.Unsupported.class)
        .hasMessageContaining("format version '2.0.0'");
  }

  @Test
  void bombsAreRefused() throws IOException {
    Limits limits = new Limits(1 << 20, 1 << 19, 10);
    String large = "x".repeat(600_000);
    assertThatThrownBy(() -> items(archive(POD, large), limits, new ArrayList<>()))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("an item has at most 524288");
    assertThatThrownBy(() -> items(archive("a", large, "b", large), limits, new ArrayList<>()))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("unpacks to more than 1048576 bytes");
    String[] many = new String[40];
    for (int i = 0; i < many.length; i += 2) {
      many[i] = "f" + i;
      many[i + 1] = "";
    }
    assertThatThrownBy(() -> items(archive(many), limits, new ArrayList<>()))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("more than 10 entries");
    ByteArrayOutputStream lying = new ByteArrayOutputStream();
    TarHeader.write(lying, POD, 8L << 30, Instant.EPOCH);
    assertThatThrownBy(() -> items(Gzip.compress(lying.toByteArray())))
        .isInstanceOf(Failure.Corrupt.class);
  }

  @Test
  void whatIsNotGzipIsSaidToBeSo() {
    assertThatThrownBy(() -> items("hello, this is text".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("not a gzip file");
    assertThatThrownBy(() -> items(new byte[0])).isInstanceOf(Failure.Corrupt.class);
  }

  @Test
  void aMissingMemberIsNoticed() {
    WrittenBackup backup = new WrittenBackup(WrittenBackup.someItems(), "none", null, null);
    byte[] archive = backup.bytes(backup.keys.archive());
    Index index = Index.read(new ByteArrayInputStream(backup.bytes(backup.keys.index())));
    long[] starts = index.memberStarts();
    for (int i = 1; i < starts.length; i++) {
      byte[] cut = Arrays.copyOf(archive, (int) starts[i]);
      assertThatThrownBy(() -> items(cut))
          .isInstanceOf(Failure.Corrupt.class)
          .hasMessageContaining("cut off");
    }
  }

  @ParameterizedTest
  @MethodSource("dev.holdfast.archive.VeleroBuckets#all")
  void mutationsOfRealFilesFailCleanly(VeleroBuckets.Stored stored) {
    BackupKeys keys = stored.keys();
    byte[] archive = stored.bytes(keys.archive());
    byte[] tar = Gzip.decompress(archive, "it");
    byte[] json = stored.bytes(keys.backupJson());
    byte[] results = Gzip.decompress(stored.bytes(keys.results()), "it");
    byte[] list = Gzip.decompress(stored.bytes(keys.resourceList()), "it");
    byte[] volumes = Gzip.decompress(stored.bytes(keys.volumeInfo()), "it");
    Seeded.check(
        60,
        random -> {
          clean(() -> items(mutate(random, archive)));
          clean(() ->
              ArchiveReader.readTar(
                  new ByteArrayInputStream(mutate(random, tar)), Limits.DEFAULT, (_, _) -> {}));
          clean(() -> Documents.readBackup(mutate(random, json), stored.name(), "it"));
          clean(() -> Results.read(Gzip.compress(mutate(random, results)), "it"));
          clean(() -> ResourceList.read(Gzip.compress(mutate(random, list)), "it"));
          clean(() -> VolumeInfo.read(Gzip.compress(mutate(random, volumes)), "it"));
        });
  }

  @Test
  void mutationsOfOurFilesFailCleanly() {
    WrittenBackup backup = new WrittenBackup(WrittenBackup.someItems(), "none", null, null);
    byte[] file = backup.bytes(backup.keys.index());
    byte[] lines = unzstd(file);
    byte[] manifest = backup.bytes(backup.keys.manifest());
    byte[] claim = backup.bytes(backup.keys.claim());
    byte[] location = LocationDocument.create("id").toBytes();
    Seeded.check(
        150,
        random -> {
          clean(() -> Index.read(new ByteArrayInputStream(mutate(random, file))));
          clean(() -> Index.read(new ByteArrayInputStream(zstd(mutate(random, lines)))));
          clean(() -> Manifest.read(mutate(random, manifest), "it"));
          clean(() -> Claim.read(mutate(random, claim), "it"));
          clean(() -> LocationDocument.read(mutate(random, location), "it"));
        });
  }

  private interface Attempt {
    void run() throws Exception;
  }

  /** Success, or a failure that says what is wrong; never anything else. */
  private static void clean(Attempt attempt) {
    assertThatCode(
            () -> {
              try {
                attempt.run();
              } catch (Failure e) {
                assertThat(e).isInstanceOfAny(Failure.Corrupt.class, Failure.Unsupported.class);
                assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(600);
              }
            })
        .doesNotThrowAnyException();
  }

  private static byte[] mutate(RandomGenerator random, byte[] original) {
    byte[] bytes = original.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> {
          int length = Math.min(random.nextInt(600), bytes.length - at);
          int from = random.nextInt(bytes.length - length + 1);
          System.arraycopy(bytes.clone(), from, bytes, at, length);
        }
        default -> bytes = Arrays.copyOf(bytes, Math.max(1, random.nextInt(bytes.length) + 1));
      }
    }
    return bytes;
  }

  private static byte[] zstd(byte[] plain) {
    return com.github.luben.zstd.Zstd.compress(plain);
  }

  private static byte[] unzstd(byte[] file) {
    try (var in = new com.github.luben.zstd.ZstdInputStream(new ByteArrayInputStream(file))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String pod(String namespace, String name) {
    return new String(
        ArchiveRoundTripTest.json("v1", "Pod", ItemKey.of("pods", namespace, name), ""),
        StandardCharsets.UTF_8);
  }

  private static List<String> items(byte[] archive) {
    return items(archive, Limits.DEFAULT, new ArrayList<>());
  }

  private static List<String> items(byte[] archive, Limits limits, List<String> warnings) {
    List<String> items = new ArrayList<>();
    ArchiveReader.read(
        new ByteArrayInputStream(archive),
        limits,
        new EntrySink() {
          @Override
          public void item(ItemKey key, byte[] json) {
            items.add(key.toString());
          }

          @Override
          public void warning(String message) {
            warnings.add(message);
          }
        });
    return items;
  }

  /** Path, content, path, content… as commons-compress writes them. */
  private static byte[] archive(String... files) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      tar.setLongFileMode(
          files.length % 4 == 0
              ? TarArchiveOutputStream.LONGFILE_GNU
              : TarArchiveOutputStream.LONGFILE_POSIX);
      for (int i = 0; i < files.length; i += 2) {
        byte[] content = files[i + 1].getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(files[i], true);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return Gzip.compress(bytes.toByteArray());
  }
}
