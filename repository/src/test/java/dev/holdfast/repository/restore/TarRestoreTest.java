package dev.holdfast.repository.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.tar.TarEntry;
import dev.holdfast.repository.tar.TarOutput;
import dev.holdfast.repository.tree.NodeType;
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
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tar stream becomes files of a directory, and never of another one. */
@org.jspecify.annotations.NullUnmarked
class TarRestoreTest {

  private static final Instant TIME = Instant.parse("2020-01-02T03:04:05.678901234Z");

  @TempDir Path folder;
  private Path target;
  private final List<String> failed = new ArrayList<>();

  @BeforeEach
  void makeTarget() throws IOException {
    target = Files.createDirectory(folder.resolve("target"));
  }

  private interface Content {
    void write(TarOutput tar) throws IOException;
  }

  private static byte[] tar(Content content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarOutput tar = new TarOutput(out);
    content.write(tar);
    tar.finish();
    return out.toByteArray();
  }

  private static TarEntry entry(String path, NodeType type, int mode, long size, String link) {
    boolean symlink = type == NodeType.SYMLINK;
    byte[] target = null;
    if (symlink && link != null) {
      target = link.getBytes(StandardCharsets.UTF_8);
    }
    return new TarEntry(
        RawPath.of(path),
        type,
        mode,
        0,
        0,
        "",
        "",
        size,
        TIME,
        target,
        !symlink && link != null ? RawPath.of(link) : null,
        0,
        List.of());
  }

  private static void file(TarOutput tar, String path, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    tar.entry(entry(path, NodeType.FILE, 0640, bytes.length, null));
    tar.write(bytes, 0, bytes.length);
  }

  private void restore(byte[] tar) throws IOException {
    RestoreProgress hearing =
        new RestoreProgress() {
          @Override
          public void failed(String path, String why) {
            failed.add(path + ": " + why);
          }
        };
    new TarRestore(hearing)
        .run(Operation.start(), new ByteArrayInputStream(tar), RawPath.of(target.toString()));
  }

  private static byte[] tree() throws IOException {
    return tar(tar -> {
      tar.entry(entry("dir", NodeType.DIR, 0750, 0, null));
      file(tar, "dir/table", "rows");
      tar.entry(entry("dir/deep", NodeType.DIR, 0500, 0, null));
      file(tar, "dir/deep/file", "deep");
      tar.entry(entry("link", NodeType.SYMLINK, 0777, 0, "dir/table"));
      tar.entry(entry("other", NodeType.FILE, 0640, 0, "dir/deep/file"));
      tar.entry(entry("pipe", NodeType.FIFO, 0600, 0, null));
    });
  }

  @Test
  void filesComeWithAllThatTheyAre() throws Exception {
    restore(tree());
    assertThat(failed).isEmpty();
    assertThat(target.resolve("dir/table")).hasContent("rows");
    assertThat(target.resolve("other")).hasContent("deep");
    assertThat(Files.getAttribute(target.resolve("other"), "unix:nlink")).isEqualTo(2);
    assertThat(Files.readSymbolicLink(target.resolve("link"))).hasToString("dir/table");
    for (String each : List.of("dir", "dir/table", "dir/deep", "pipe")) {
      assertThat(Files.getLastModifiedTime(target.resolve(each)).toInstant()).isEqualTo(TIME);
    }
    assertThat((int) Files.getAttribute(target.resolve("dir/deep"), "unix:mode") & 07777)
        .isEqualTo(0500);
  }

  @Test
  void whatIsThereIsReplaced() throws Exception {
    restore(tree());
    Path outside = Files.writeString(folder.resolve("outside"), "untouched");
    Files.delete(target.resolve("dir/table"));
    Files.createSymbolicLink(target.resolve("dir/table"), outside);
    restore(tree());
    assertThat(failed).isEmpty();
    assertThat(target.resolve("dir/table")).hasContent("rows");
    assertThat(outside).hasContent("untouched");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../evil", "dir/../../evil", "/../../evil/../../../evil"})
  void aNameThatLeadsOutIsRefused(String name) throws Exception {
    byte[] tar = tar(each -> file(each, name, "evil"));
    if (name.startsWith("/")) {
      restore(tar); // an absolute path has nothing above it
      assertThat(target.resolve("evil")).hasContent("evil");
      return;
    }
    assertThatThrownBy(() -> restore(tar))
        .isInstanceOf(Failure.Corrupt.class)
        .hasMessageContaining("leads out");
    assertThat(folder.resolve("evil")).doesNotExist();
  }

  @Test
  void aLinkOutIsMadeAndNotFollowed() throws Exception {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    byte[] tar =
        tar(each -> {
          each.entry(entry("way", NodeType.SYMLINK, 0777, 0, outside.toString()));
          file(each, "way/evil", "evil");
          file(each, "good", "good");
        });
    restore(tar);
    assertThat(outside).isEmptyDirectory();
    assertThat(target.resolve("good")).hasContent("good");
    assertThat(failed).singleElement().asString().contains("/way/evil");
  }

  @Test
  void aHardLinkThroughALinkOutIsRefused() throws Exception {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "secret");
    byte[] tar =
        tar(each -> {
          each.entry(entry("way", NodeType.SYMLINK, 0777, 0, outside.toString()));
          each.entry(entry("mine", NodeType.FILE, 0640, 0, "way/secret"));
        });
    restore(tar);
    assertThat(target.resolve("mine")).doesNotExist();
    assertThat(failed).singleElement().asString().contains("/mine");
  }

  @Test
  void aStreamThatBreaksOffIsAnError() throws Exception {
    byte[] tar = tree();
    assertThatThrownBy(() -> restore(Arrays.copyOf(tar, tar.length / 2)))
        .isInstanceOfAny(EOFException.class, Failure.Corrupt.class);
  }
}
