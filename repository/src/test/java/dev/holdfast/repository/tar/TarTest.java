package dev.holdfast.repository.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Seeded;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written is read back, by us and by the tar command; what is wrong is refused. */
@org.jspecify.annotations.NullUnmarked
class TarTest {

  @TempDir Path folder;

  /** An entry with its content. */
  private record Written(TarEntry entry, byte[] content) {}

  private static RawPath path(RandomGenerator random) {
    RawPath path = RawPath.of("");
    for (int depth = 1 + random.nextInt(4); depth > 0; depth--) {
      byte[] name = new byte[1 + random.nextInt(random.nextInt(8) == 0 ? 250 : 30)];
      for (int i = 0; i < name.length; i++) {
        int c = 1 + random.nextInt(255);
        name[i] = (byte) (c == '/' || c == '.' ? 'x' : c);
      }
      path = path.child(RawName.of(name));
    }
    return path;
  }

  private static Written written(RandomGenerator random) {
    NodeType[] types = {
      NodeType.FILE, NodeType.FILE, NodeType.DIR, NodeType.SYMLINK, NodeType.FIFO
    };
    NodeType type = types[random.nextInt(types.length)];
    byte[] content = new byte[type == NodeType.FILE ? random.nextInt(2000) : 0];
    random.nextBytes(content);
    byte[] link = type == NodeType.SYMLINK ? path(random).bytes() : null;
    List<Node.Xattr> xattrs = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      byte[] value = new byte[random.nextInt(200)];
      random.nextBytes(value);
      xattrs.add(new Node.Xattr("user.a" + i, value));
    }
    xattrs.sort(java.util.Comparator.comparing(Node.Xattr::name));
    return new Written(
        new TarEntry(
            path(random),
            type,
            random.nextInt(010000),
            random.nextInt(),
            random.nextInt(3000),
            "",
            "",
            content.length,
            Instant.ofEpochSecond(
                random.nextLong(-1L << 36, 1L << 40), random.nextInt(1_000_000_000)),
            link,
            null,
            0,
            xattrs),
        content);
  }

  private static byte[] tar(List<Written> entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarOutput tar = new TarOutput(out);
    for (Written each : entries) {
      tar.entry(each.entry());
      tar.write(each.content(), 0, each.content().length);
    }
    tar.finish();
    return out.toByteArray();
  }

  private static byte[] content(TarInput in) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    byte[] buffer = new byte[100];
    for (int n = in.read(buffer, 0, 100); n >= 0; n = in.read(buffer, 0, 100)) {
      content.write(buffer, 0, n);
    }
    return content.toByteArray();
  }

  private static boolean same(@Nullable TarEntry a, TarEntry b) {
    return a != null
        && a.path().equals(b.path())
        && a.type() == b.type()
        && a.mode() == b.mode()
        && a.uid() == b.uid()
        && a.gid() == b.gid()
        && a.size() == b.size()
        && a.mtime().equals(b.mtime())
        && Arrays.equals(a.link(), b.link())
        && a.xattrs().size() == b.xattrs().size();
  }

  @Test
  void whatIsWrittenIsReadBack() {
    Seeded.check(
        300,
        random -> {
          List<Written> entries = new ArrayList<>();
          for (int i = random.nextInt(6); i >= 0; i--) {
            entries.add(written(random));
          }
          TarInput in = new TarInput(new ByteArrayInputStream(tar(entries)));
          for (Written each : entries) {
            assertThat(same(in.next(), each.entry())).isTrue();
            if (random.nextBoolean()) {
              assertThat(content(in)).isEqualTo(each.content());
            }
          }
          assertThat(in.next()).isNull();
        });
  }

  /** A stream that is cut anywhere is never taken for a whole one. */
  @Test
  void aStreamThatStopsIsAnErrorWhereverItStops() {
    Seeded.check(
        50,
        random -> {
          byte[] whole = tar(List.of(written(random), written(random)));
          byte[] cut = Arrays.copyOf(whole, random.nextInt(whole.length));
          TarInput in = new TarInput(new ByteArrayInputStream(cut));
          assertThatThrownBy(
                  () -> {
                    while (in.next() != null) {
                      var _ = content(in);
                    }
                  })
              .isInstanceOf(EOFException.class);
        });
  }

  @Test
  void damageInAHeaderIsFound() throws IOException {
    byte[] tar = tar(List.of());
    Arrays.fill(tar, 0, 100, (byte) 'a');
    assertThatThrownBy(() -> new TarInput(new ByteArrayInputStream(tar)).next())
        .isInstanceOf(Failure.Corrupt.class);
    byte[] text = "<html>this is no tar</html>".repeat(40).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> new TarInput(new ByteArrayInputStream(text)).next())
        .isInstanceOf(Failure.Corrupt.class);
  }

  @Test
  void theTarCommandReadsWhatIsWritten() throws Exception {
    RawPath deep = RawPath.of("d").child(RawName.of("n".repeat(180)));
    Instant time = Instant.ofEpochSecond(1_600_000_000, 123_456_789);
    TarEntry directory = entry(RawPath.of("d"), NodeType.DIR, 0750, 0, time, null);
    Instant early = Instant.ofEpochSecond(-3600, 500_000_000);
    TarEntry file = entry(deep, NodeType.FILE, 0640, 700, early, null);
    TarEntry link =
        entry(
            RawPath.of("link"),
            NodeType.SYMLINK,
            0777,
            0,
            time,
            "../elsewhere".getBytes(StandardCharsets.UTF_8));
    byte[] content = new byte[700];
    Arrays.fill(content, (byte) 7);
    Path archive = folder.resolve("a.tar");
    Files.write(
        archive,
        tar(
            List.of(
                new Written(directory, new byte[0]),
                new Written(file, content),
                new Written(link, new byte[0]))));
    Process tar =
        new ProcessBuilder("tar", "-xpf", archive.toString(), "-C", folder.toString())
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).isZero();
    Path there = folder.resolve("d").resolve("n".repeat(180));
    assertThat(Files.readAllBytes(there)).isEqualTo(content);
    assertThat(Files.getLastModifiedTime(there).toInstant()).isEqualTo(early);
    assertThat(Files.getLastModifiedTime(folder.resolve("d")).toInstant()).isEqualTo(time);
    assertThat(Files.readSymbolicLink(folder.resolve("link"))).hasToString("../elsewhere");
  }

  private static TarEntry entry(
      RawPath path, NodeType type, int mode, long size, Instant time, byte @Nullable [] link) {
    return new TarEntry(path, type, mode, 0, 0, "", "", size, time, link, null, 0, List.of());
  }

  @Test
  void readsWhatTheTarCommandWrites() throws Exception {
    Path tree = Files.createDirectories(folder.resolve("tree/sub"));
    String name = "long".repeat(40);
    Files.writeString(tree.resolve(name), "text");
    for (String format : List.of("pax", "gnu", "ustar")) {
      Process tar =
          new ProcessBuilder(
                  "tar", "-c", "-f", "-", "--format=" + format, "-C", folder + "/tree", ".")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      TarInput in = new TarInput(tar.getInputStream());
      List<String> paths = new ArrayList<>();
      for (TarEntry each = in.next(); each != null; each = in.next()) {
        paths.add(each.path() + (each.type() == NodeType.FILE ? "=" + hex(content(in)) : ""));
      }
      tar.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
      if (tar.waitFor() == 0) {
        assertThat(paths).as(format).contains("sub", "sub/" + name + "=74657874");
      } else {
        assertThat(format).isEqualTo("ustar"); // it has no room for such a name
      }
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
