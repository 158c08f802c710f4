package dev.holdfast.cli.image;

import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import dev.holdfast.cli.Session;
import dev.holdfast.engine.volume.MoverOptions;
import dev.holdfast.model.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is in the image, as layers from what changes rarely to what changes often: the C library, a
 * Java runtime in {@link #HOME}{@code /runtime}, the jars in {@code lib}. No shell, no other
 * program, no user: it runs as whom its pod says. The same runtime and jars give the same bytes.
 */
final class ImageContent {

  /** Where Holdfast is in the image; {@link MoverOptions#COMMAND} begins there. */
  static final String HOME = "/opt/holdfast";

  /** Of every file and of the image; a release's AOT cache expects its jars to have this time. */
  private static final Instant TIME = Instant.parse("2026-01-01T00:00:00Z");

  private static final FilePermissions FILE = FilePermissions.fromOctalString("644");
  private static final FilePermissions PROGRAM = FilePermissions.fromOctalString("755");
  private static final FilePermissions EVERYBODY = FilePermissions.fromOctalString("777");

  private ImageContent() {}

  /**
   * The image, to be written.
   *
   * @param base a docker-archive or OCI tar with a C library; null: this machine's is taken
   * @param scratch a directory for files that live as long as the result is used
   */
  static JibContainerBuilder of(@Nullable Path base, Path scratch)
      throws IOException, InvalidImageReferenceException {
    JibContainerBuilder image =
        base == null ? Jib.fromScratch() : Jib.from(TarImage.at(existing(base)));
    Distribution distribution = Distribution.running(scratch);
    if (base == null) {
      image.addPlatform(architecture(), "linux");
      image.addFileEntriesLayer(system(distribution.runtime(), scratch));
    }
    image.addFileEntriesLayer(tree("runtime", distribution.runtime()));
    image.addFileEntriesLayer(jars(distribution, scratch));
    List<String> start = new ArrayList<>(MoverOptions.COMMAND);
    return image
        .setEntrypoint(start)
        .setWorkingDirectory(AbsoluteUnixPath.get("/"))
        .setCreationTime(TIME)
        .setFormat(ImageFormat.Docker)
        .addLabel("org.opencontainers.image.title", "Holdfast")
        .addLabel("org.opencontainers.image.description", "Backup and restore for Kubernetes")
        .addLabel("org.opencontainers.image.licenses", "Apache-2.0")
        .addLabel("org.opencontainers.image.version", Session.version());
  }

  private static Path existing(Path base) {
    if (!Files.isReadable(base)) {
      throw new Failure.Invalid("--base " + base + " cannot be read", "it is an image's tar file");
    }
    return base;
  }

  /** As images name it. */
  private static String architecture() {
    String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return switch (machine) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64", "arm64" -> "arm64";
      default -> machine;
    };
  }

  private static FileEntriesLayer system(Path runtime, Path scratch) throws IOException {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName("system");
    for (Path library : SystemLibraries.of(runtime)) {
      layer.addEntry(library.toRealPath(), AbsoluteUnixPath.fromPath(library), PROGRAM, TIME);
    }
    Path users = scratch.resolve("passwd");
    Files.writeString(users, "root:x:0:0:root:/:/\nnobody:x:65534:65534:nobody:/:/\n");
    layer.addEntry(users, AbsoluteUnixPath.get("/etc/passwd"), FILE, TIME);
    Path empty = Files.createDirectories(scratch.resolve("tmp"));
    layer.addEntry(empty, AbsoluteUnixPath.get("/tmp"), EVERYBODY, TIME);
    return layer.build();
  }

  private static FileEntriesLayer tree(String name, Path directory) throws IOException {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.sorted()::iterator) {
        boolean program = Files.isDirectory(file) || Files.isExecutable(file);
        String relative = directory.relativize(file).toString();
        AbsoluteUnixPath at = AbsoluteUnixPath.get(HOME).resolve(name).resolve(relative);
        layer.addEntry(file, at, program ? PROGRAM : FILE, TIME);
      }
    }
    return layer.build();
  }

  private static FileEntriesLayer jars(Distribution distribution, Path scratch) throws IOException {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName("holdfast");
    String lib = HOME + "/lib";
    try (Stream<Path> files = Files.list(distribution.lib())) {
      for (Path file : (Iterable<Path>) files.sorted()::iterator) {
        if (distribution.needs(file)) {
          layer.addEntry(file, AbsoluteUnixPath.get(lib + "/" + file.getFileName()), FILE, TIME);
        }
      }
    }
    Path words = scratch.resolve("options");
    Files.write(words, distribution.arguments(lib));
    layer.addEntry(words, AbsoluteUnixPath.get(HOME + "/options"), FILE, TIME);
    return layer.build();
  }
}
