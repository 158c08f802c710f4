package dev.holdfast.repository.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.repository.BlobType;
import dev.holdfast.repository.Id;
import dev.holdfast.repository.PackWriter;
import dev.holdfast.repository.Repository;
import dev.holdfast.repository.backup.BackupOptions;
import dev.holdfast.repository.backup.BackupProgress;
import dev.holdfast.repository.backup.SnapshotRun;
import dev.holdfast.repository.crypto.KeyFile;
import dev.holdfast.repository.posix.Directory;
import dev.holdfast.repository.posix.ThisProcess;
import dev.holdfast.repository.select.PathPatterns;
import dev.holdfast.repository.tree.Node;
import dev.holdfast.repository.tree.NodeType;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import dev.holdfast.repository.tree.TreeWriter;
import dev.holdfast.store.DirectoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is restored is what was saved, and nothing else in the file system is touched. */
@Tag("EBS-24")
class RestoreTest {

  private static final Repository.Identity US = new Repository.Identity("root", "holdfast");
  private static final OffsetDateTime THEN =
      OffsetDateTime.of(2020, 2, 29, 12, 34, 56, 123_456_789, ZoneOffset.UTC);

  @TempDir Path folder;
  private final Operation op = Operation.start();
  private Repository repository;
  private Path source;
  private Path target;

  @BeforeEach
  void init() throws IOException {
    repository =
        Repository.init(
            op,
            new DirectoryStore(folder.resolve("repository")),
            "kelp",
            2,
            KeyFile.Cost.WEAK,
            null,
            US);
    source = Files.createDirectory(folder.resolve("source"));
    target = folder.resolve("target");
  }

  /** Remembers what failed. */
  private static final class Failures implements RestoreProgress {
    final Map<String, String> failed = Collections.synchronizedMap(new TreeMap<>());

    @Override
    public void failed(String path, String why) {
      failed.put(path, why);
    }
  }

  private Id save() {
    try (Directory root = Directory.open(RawPath.of(source.toString()))) {
      SnapshotRun.Outcome outcome =
          new SnapshotRun(
                  repository, BackupOptions.of(source.toString(), US), BackupProgress.SILENT)
              .run(op, root, RawPath.of(source.toString()));
      assertThat(outcome.failed()).isZero();
      return Id.parse(outcome.snapshot().tree());
    }
  }

  private RestoreRun.Outcome restore(Id tree, RestoreOptions options, Failures failures) {
    return new RestoreRun(repository, options, failures).run(op, tree, path(target));
  }

  private RestoreRun.Outcome restore(Id tree) {
    Failures failures = new Failures();
    RestoreRun.Outcome outcome = restore(tree, RestoreOptions.DEFAULT, failures);
    assertThat(failures.failed).isEmpty();
    return outcome;
  }

  private static RawPath path(Path path) {
    return RawPath.of(path.toString());
  }

  private static RestoreOptions with(boolean sparse, RestoreOptions.Overwrite overwrite) {
    return new RestoreOptions(RestorePart.ALL, sparse, overwrite, false, false, 4);
  }

  private static byte[] random(int seed, int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  /** Everything that stat, readlink and listxattr say of a tree. */
  private static String listing(Path root) throws Exception {
    Path out = Files.createTempFile("listing", ".txt");
    String script = "cd \"$1\" && find . -printf '%p %y %m %U %G %s %T@ %n %l\\n'";
    Process process =
        new ProcessBuilder("sh", "-c", script, "sh", root.toString())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    assertThat(process.waitFor()).isZero();
    byte[] bytes = Files.readAllBytes(out);
    Files.delete(out);
    List<String> lines =
        new ArrayList<>(new String(bytes, StandardCharsets.ISO_8859_1).lines().toList());
    // A directory's size is the file system's affair, and the root's own metadata are not stored.
    lines.replaceAll(line -> line.replaceFirst("( d [0-7]+ \\d+ \\d+) \\d+ ", "$1 - "));
    lines.removeIf(line -> line.startsWith(". "));
    Collections.sort(lines);
    try (Directory directory = Directory.open(path(root))) {
      addXattrs(directory, "", lines);
    }
    return String.join("\n", lines);
  }

  private static void addXattrs(Directory directory, String path, List<String> lines) {
    for (RawName name : directory.list()) {
      for (Node.Xattr xattr : directory.xattrs(name)) {
        String value = java.util.HexFormat.of().formatHex(xattr.value());
        lines.add(path + "/" + name + " " + xattr.name() + "=" + value);
      }
      if (directory.stat(name).type() == NodeType.DIR) {
        try (Directory child = directory.child(name)) {
          addXattrs(child, path + "/" + name, lines);
        }
      }
    }
  }

  private static void diff(Path a, Path b) throws Exception {
    Process diff =
        new ProcessBuilder("diff", "-r", "--no-dereference", a.toString(), b.toString())
            .inheritIO()
            .start();
    assertThat(diff.waitFor()).isZero();
  }

  private static void assumeRoot() {
    assumeTrue(ThisProcess.uid() == 0, "needs root: owners and devices");
  }

  @Test
  void everyKindOfEntryComesBackWithAllItsMetadata() throws Exception {
    assumeRoot();
    Path deep = Files.createDirectories(source.resolve("a/b/c"));
    for (int size : new int[] {0, 1, 4095, 4096, 512 << 10, 3 << 20, 20 << 20}) {
      Files.write(deep.resolve("f" + size), random(size, size));
    }
    for (int i = 0; i < 700; i++) {
      Files.writeString(
          Files.createDirectories(source.resolve("m" + i % 7)).resolve("s" + i), "content " + i);
    }
    Files.createLink(source.resolve("hard"), deep.resolve("f4096"));
    Files.createLink(source.resolve("m1/hard"), deep.resolve("f4096"));
    Files.createSymbolicLink(source.resolve("dangling"), Path.of("../../nowhere/é"));
    Files.createDirectory(source.resolve("empty"));
    shell(
        "cd '"
            + source
            + "' && mkfifo fifo && mknod null c 1 3 && mknod loop b 7 200 && chmod 4755 a/b/c/f1"
            + " && chmod 2750 m2 && chmod 1777 m3 && chmod 0500 m4 && chmod 0000 a/b/c/f4095"
            + " && chown 12345:54321 m5/* && chown -h 7:8 dangling && chmod 6711 m5/s5"
            + " && printf x > \"$(printf 'not\\377utf8')\" && ln -s \"$(printf 'to\\376')\" rawlink"
            + " && touch -d '1969-07-20 20:17:40.123456789' m6/s6 && touch -h -d '1999-12-31 23:59:59.5' dangling"
            + " && touch -d '2001-01-01 01:01:01.000000001' m2 a/b a && touch -d 2002-02-02 fifo null");
    Failures failures = new Failures();
    Id tree = save();
    try (Directory root = Directory.open(path(source.resolve("m0")))) {
      setXattrs(root);
    }
    tree = save();
    RestoreRun.Outcome outcome = restore(tree, RestoreOptions.DEFAULT, failures);
    assertThat(failures.failed).isEmpty();
    assertThat(outcome.failed()).isZero();
    assertThat(listing(target))
        .isEqualTo(listing(source))
        .contains("trusted.kelp=", "user.binary=0001ff00", "security.capability=01000002")
        .contains("/m0/s14 system.posix_acl_access=", "/m0 system.posix_acl_default=");
    diffContents();
    // Once more over what is there: nothing is to be written, and nothing changes.
    restore(tree);
    assertThat(listing(target)).isEqualTo(listing(source));
  }

  /** fifos and devices cannot be compared by diff. */
  private void diffContents() throws Exception {
    for (String part : new String[] {"a", "m0", "m1", "m5", "m6"}) {
      diff(source.resolve(part), target.resolve(part));
    }
  }

  private static void setXattrs(Directory directory) {
    byte[] binary = {0, 1, (byte) 0xff, 0};
    directory.setXattr(RawName.of("s0"), new Node.Xattr("user.binary", binary));
    directory.setXattr(RawName.of("s0"), new Node.Xattr("trusted.kelp", new byte[0]));
    // struct vfs_ns_cap_data: cap_net_bind_service, effective
    byte[] capability = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    directory.setXattr(RawName.of("s7"), new Node.Xattr("security.capability", capability));
    directory.setXattr(RawName.of("s14"), new Node.Xattr("system.posix_acl_access", acl(4711)));
    directory.attributes().setXattr(new Node.Xattr("system.posix_acl_default", acl(4712)));
  }

  /** u::rw-, u:ID:r--, g::r--, m::r--, o::--- */
  private static byte[] acl(int user) {
    java.nio.ByteBuffer acl =
        java.nio.ByteBuffer.allocate(4 + 5 * 8).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    acl.putInt(2);
    acl.putShort((short) 1).putShort((short) 6).putInt(-1);
    acl.putShort((short) 2).putShort((short) 4).putInt(user);
    acl.putShort((short) 4).putShort((short) 4).putInt(-1);
    acl.putShort((short) 0x10).putShort((short) 4).putInt(-1);
    acl.putShort((short) 0x20).putShort((short) 0).putInt(-1);
    return acl.array();
  }

  private static void shell(String script) throws Exception {
    Process shell = new ProcessBuilder("sh", "-ec", script).inheritIO().start();
    assertThat(shell.waitFor()).isZero();
  }

  @Test
  void inPlaceOnlyBlocksThatDifferAreWritten() throws Exception {
    byte[] content = random(1, 12 << 20);
    Files.write(source.resolve("large"), content);
    Files.writeString(source.resolve("same"), "same");
    Id tree = save();
    restore(tree);
    Object inode = Files.getAttribute(target.resolve("large"), "unix:ino");
    byte[] damaged = content.clone();
    damaged[7 << 20] ^= 1;
    Files.write(target.resolve("large"), damaged);
    Files.write(target.resolve("large"), new byte[100], java.nio.file.StandardOpenOption.APPEND);
    Failures failures = new Failures();
    long[] chunks = {0};
    var counting =
        new RestoreProgress() {
          @Override
          public synchronized void done(String path, NodeType type, long size, Action action) {
            chunks[0] += path.equals("/large") && action == Action.UPDATED ? 1 : 0;
          }
        };
    new RestoreRun(repository, RestoreOptions.DEFAULT, counting).run(op, tree, path(target));
    assertThat(chunks[0]).isEqualTo(1);
    assertThat(failures.failed).isEmpty();
    diff(source, target);
    assertThat(Files.getAttribute(target.resolve("large"), "unix:ino")).isEqualTo(inode);
  }

  @Test
  void whatIsNewerOrThereStaysIfAskedFor() throws Exception {
    Files.writeString(source.resolve("f"), "saved");
    Id tree = save();
    restore(tree);
    Files.writeString(target.resolve("f"), "newer");
    restore(tree, with(false, RestoreOptions.Overwrite.IF_NEWER), new Failures());
    assertThat(target.resolve("f")).hasContent("newer");
    restore(tree, with(false, RestoreOptions.Overwrite.NEVER), new Failures());
    assertThat(target.resolve("f")).hasContent("newer");
    Files.writeString(target.resolve("f"), "blind");
    Files.setLastModifiedTime(target.resolve("f"), Files.getLastModifiedTime(source.resolve("f")));
    restore(tree, with(false, RestoreOptions.Overwrite.IF_CHANGED), new Failures());
    assertThat(target.resolve("f")).hasContent("blind");
    restore(tree);
    assertThat(target.resolve("f")).hasContent("saved");
  }

  @Test
  void sparseFilesComeBackWithTheirHoles() throws Exception {
    byte[] content = new byte[6 << 20];
    System.arraycopy(random(2, 5000), 0, content, 3_000_000, 5000);
    Files.write(source.resolve("sparse"), content);
    Files.write(source.resolve("zeros"), new byte[3 << 20]);
    Files.write(source.resolve("tail"), java.util.Arrays.copyOf(random(3, 1000), 1_000_000));
    Id tree = save();
    restore(tree, with(true, RestoreOptions.Overwrite.ALWAYS), new Failures());
    diff(source, target);
    assertThat(blocks("sparse")).isLessThan(64);
    assertThat(blocks("zeros")).isZero();
    assertThat(blocks("tail")).isLessThan(32);
  }

  /** Of 512 bytes. */
  private long blocks(String name) {
    try (Directory directory = Directory.open(path(target))) {
      return directory.stat(RawName.of(name)).blocks();
    }
  }

  @Test
  void partsAreChosenByPatterns() throws Exception {
    for (String file : new String[] {"a/x.txt", "a/y.log", "b/c/x.txt", "b/z"}) {
      Path path = source.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, file);
    }
    Id tree = save();
    var include = new RestorePart(List.of(PathPatterns.of(List.of("*.txt"), false)), List.of());
    restore(tree, part(include), new Failures());
    assertThat(files()).containsExactly("a/x.txt", "b/c/x.txt");
    target = folder.resolve("target2");
    var exclude = new RestorePart(List.of(), List.of(PathPatterns.of(List.of("/a", "z"), false)));
    restore(tree, part(exclude), new Failures());
    assertThat(files()).containsExactly("b/c/x.txt");
    target = folder.resolve("target3");
    var deep = new RestorePart(List.of(PathPatterns.of(List.of("/b/**/x.txt"), false)), List.of());
    restore(tree, part(deep), new Failures());
    assertThat(files()).containsExactly("b/c/x.txt");
    assertThat(target.resolve("a")).doesNotExist();
  }

  private static RestoreOptions part(RestorePart part) {
    return new RestoreOptions(part, false, RestoreOptions.Overwrite.ALWAYS, false, false, 2);
  }

  private List<String> files() throws IOException {
    try (var all = Files.walk(target)) {
      return all.filter(Files::isRegularFile)
          .map(file -> target.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void deletesWhatTheSnapshotDoesNotHaveOnlyIfAskedTo() throws Exception {
    Files.writeString(Files.createDirectory(source.resolve("d")).resolve("f"), "f");
    Id tree = save();
    restore(tree);
    Files.writeString(target.resolve("d/extra"), "x");
    Path outside =
        Files.writeString(Files.createDirectory(folder.resolve("out")).resolve("o"), "o");
    Files.createSymbolicLink(target.resolve("d/link"), outside.getParent());
    Files.writeString(Files.createDirectories(target.resolve("e/f")).resolve("g"), "g");
    restore(tree);
    assertThat(target.resolve("d/extra")).exists();
    var deleting =
        new RestoreOptions(RestorePart.ALL, false, RestoreOptions.Overwrite.ALWAYS, true, false, 2);
    RestoreRun.Outcome outcome = restore(tree, deleting, new Failures());
    assertThat(outcome.deleted()).isEqualTo(3);
    diff(source, target);
    assertThat(outside).exists();
  }

  @Test
  void aDryRunWritesNothing() throws Exception {
    Files.writeString(source.resolve("f"), "f");
    var dry =
        new RestoreOptions(RestorePart.ALL, false, RestoreOptions.Overwrite.ALWAYS, false, true, 2);
    assertThat(restore(save(), dry, new Failures()).files()).isEqualTo(1);
    assertThat(target).doesNotExist();
  }

  @Test
  void aLostPackCostsTheFilesInItAndNoOther() throws Exception {
    Files.write(source.resolve("first"), random(4, 3 << 20));
    Id lost = save();
    Path pack = onlyDataPack();
    Files.writeString(source.resolve("second"), "second");
    Id tree = save();
    assertThat(tree).isNotEqualTo(lost);
    Files.delete(pack);
    Failures failures = new Failures();
    RestoreRun.Outcome outcome = restore(tree, RestoreOptions.DEFAULT, failures);
    assertThat(outcome.failed()).isEqualTo(1);
    assertThat(failures.failed).containsOnlyKeys("/first");
    assertThat(target.resolve("second")).hasContent("second");
    assertThat(target.resolve("first")).doesNotExist();
  }

  private Path onlyDataPack() throws IOException {
    Id id =
        repository.index().byPack().entrySet().stream()
            .filter(pack -> pack.getValue().getFirst().type() == BlobType.DATA)
            .findFirst()
            .orElseThrow()
            .getKey();
    String name = id.toString();
    return folder.resolve("repository/data").resolve(name.substring(0, 2)).resolve(name);
  }

  // What follows are trees and targets of somebody who means harm.

  private static Node node(
      String name, NodeType type, @Nullable List<Id> content, @Nullable Id tree) {
    long mode = type == NodeType.DIR ? (1L << 31) | 0755 : 0644;
    String leadsTo = type == NodeType.SYMLINK ? "../outside" : "";
    return new Node(
        RawName.of(name),
        type,
        mode,
        THEN,
        THEN,
        THEN,
        ThisProcess.uid(),
        ThisProcess.gid(),
        "",
        "",
        1,
        1,
        content == null ? 0 : 4,
        1,
        leadsTo.getBytes(StandardCharsets.UTF_8),
        List.of(),
        null,
        0,
        content,
        tree,
        "");
  }

  private Id store(PackWriter packs, Node... nodes) {
    TreeWriter writer = new TreeWriter();
    for (Node node : nodes) {
      writer.add(node);
    }
    return store(packs, BlobType.TREE, writer.finish());
  }

  private Id store(PackWriter packs, BlobType type, byte[] bytes) {
    Id id = Id.hash(bytes);
    if (!packs.missing(op, type, List.of(id)).isEmpty()) {
      packs.put(op, type, id, bytes, 0, bytes.length);
    }
    return id;
  }

  @Test
  void namesThatLeaveTheTargetAreRefused() throws Exception {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Id tree;
    try (PackWriter packs = new PackWriter(op, repository, 4 << 20, 3, 2)) {
      Id evil = store(packs, BlobType.DATA, "evil".getBytes(StandardCharsets.UTF_8));
      Id inner = store(packs, node("planted", NodeType.FILE, List.of(evil), null));
      tree =
          store(
              packs,
              node("..", NodeType.DIR, null, inner),
              node("../outside/x", NodeType.FILE, List.of(evil), null),
              node("/etc/holdfast-planted", NodeType.FILE, List.of(evil), null),
              node("a/b", NodeType.DIR, null, inner),
              node("good", NodeType.FILE, List.of(evil), null),
              node("nul\0", NodeType.FILE, List.of(evil), null));
      packs.flush(op);
    }
    Failures failures = new Failures();
    RestoreRun.Outcome outcome = restore(tree, RestoreOptions.DEFAULT, failures);
    assertThat(outcome.failed()).isEqualTo(5);
    assertThat(failures.failed.values()).allMatch(why -> why.contains("name is invalid"));
    assertThat(files()).containsExactly("good");
    assertThat(outside).isEmptyDirectory();
    assertThat(folder.resolve("planted")).doesNotExist();
    assertThat(Path.of("/etc/holdfast-planted")).doesNotExist();
  }

  @Test
  void aLinkAndADirectoryOfOneNameDoNotLeadOut() throws Exception {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Id tree;
    try (PackWriter packs = new PackWriter(op, repository, 4 << 20, 3, 2)) {
      Id evil = store(packs, BlobType.DATA, "evil".getBytes(StandardCharsets.UTF_8));
      Id inner = store(packs, node("planted", NodeType.FILE, List.of(evil), null));
      // TreeWriter refuses a name that comes twice: written by hand.
      String link = json(store(packs, node("x", NodeType.SYMLINK, null, null)));
      String directory = json(store(packs, node("x", NodeType.DIR, null, inner)));
      String both =
          link.replace("]}\n", ",")
              + directory.substring(directory.indexOf("[") + 1).replace("]}\n", "")
              + ","
              + json(store(packs, node("y", NodeType.SYMLINK, null, null)))
                  .replaceAll(".*\\[|]}\n", "")
              + ","
              + directory.substring(directory.indexOf("[") + 1);
      tree = store(packs, BlobType.TREE, both.getBytes(StandardCharsets.UTF_8));
      packs.flush(op);
    }
    Failures failures = new Failures();
    restore(tree, RestoreOptions.DEFAULT, failures);
    assertThat(outside).isEmptyDirectory();
    assertThat(failures.failed).isNotEmpty();
  }

  private final Map<Id, byte[]> written = new java.util.HashMap<>();

  /** The text of a tree that was just stored. */
  private String json(Id tree) {
    byte[] text = written.computeIfAbsent(tree, id -> pendingText(id));
    return new String(text, StandardCharsets.UTF_8);
  }

  private byte[] pendingText(Id id) {
    for (Node node :
        List.of(
            node("x", NodeType.SYMLINK, null, null),
            node("y", NodeType.SYMLINK, null, null),
            node(
                "x",
                NodeType.DIR,
                null,
                tree(
                    node(
                        "planted",
                        NodeType.FILE,
                        List.of(Id.hash("evil".getBytes(StandardCharsets.UTF_8))),
                        null))))) {
      TreeWriter writer = new TreeWriter();
      writer.add(node);
      byte[] text = writer.finish();
      if (Id.hash(text).equals(id)) {
        return text;
      }
    }
    throw new AssertionError(id);
  }

  private static Id tree(Node node) {
    TreeWriter writer = new TreeWriter();
    writer.add(node);
    return Id.hash(writer.finish());
  }

  @Test
  void whatWaitsInTheTargetIsNotFollowedOrWrittenThrough() throws Exception {
    Files.writeString(Files.createDirectory(source.resolve("d")).resolve("f"), "inside");
    Files.writeString(source.resolve("g"), "inside");
    Files.writeString(source.resolve("h"), "inside");
    Id tree = save();
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Path precious = Files.writeString(outside.resolve("precious"), "precious");
    Files.createDirectory(target);
    Files.createSymbolicLink(target.resolve("d"), outside);
    Files.createSymbolicLink(target.resolve("g"), precious);
    Files.createLink(target.resolve("h"), precious);
    restore(tree);
    diff(source, target);
    assertThat(precious).hasContent("precious");
    assertThat(outside.resolve("f")).doesNotExist();
  }

  @Test
  void swappingDirectoriesForLinksMeanwhileLeadsNowhere() throws Exception {
    for (int i = 0; i < 40; i++) {
      Path directory = Files.createDirectories(source.resolve("d" + i % 4 + "/e" + i));
      for (int j = 0; j < 25; j++) {
        Files.writeString(directory.resolve("f" + j), i + " " + j);
      }
    }
    Id tree = save();
    Path outside = Files.createDirectory(folder.resolve("outside"));
    for (int i = 0; i < 40; i++) {
      Files.createDirectory(outside.resolve("e" + i));
    }
    AtomicBoolean stop = new AtomicBoolean();
    Thread attacker = Thread.ofPlatform().start(() -> attack(outside, stop));
    try {
      for (int round = 0; round < 5; round++) {
        restore(tree, RestoreOptions.DEFAULT, new Failures()); // may fail, must not escape
      }
    } finally {
      stop.set(true);
      attacker.join();
    }
    try (var all = Files.walk(outside)) {
      assertThat(all.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))).isEmpty();
    }
  }

  private void attack(Path outside, AtomicBoolean stop) {
    int i = 0;
    while (!stop.get()) {
      Path victim = target.resolve("d" + i++ % 4);
      Path aside = folder.resolve("aside" + i);
      try {
        Files.move(victim, aside);
        Files.createSymbolicLink(victim, outside);
        Thread.onSpinWait();
        Files.delete(victim);
        Files.move(aside, victim);
      } catch (IOException e) {
        Thread.onSpinWait(); // not there yet, or there again
      }
    }
  }

  @Test
  void aTargetThatCannotBeMadeIsSaid() throws Exception {
    Files.writeString(folder.resolve("file"), "x");
    Id tree = save();
    target = folder.resolve("file/below");
    assertThatThrownBy(() -> restore(tree)).isInstanceOf(Failure.Invalid.class);
  }

  @Test
  void directoriesThatMayNotBeWrittenAreFilledAndKeepTheirPermissions() throws Exception {
    Path closed = Files.createDirectory(source.resolve("closed"));
    Files.writeString(closed.resolve("f"), "f");
    Files.setLastModifiedTime(
        closed, java.nio.file.attribute.FileTime.from(Instant.parse("2011-11-11T11:11:11Z")));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-x------"));
    Id tree = save();
    restore(tree);
    restore(tree);
    assertThat(listing(target)).isEqualTo(listing(source));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    Files.setPosixFilePermissions(
        target.resolve("closed"), PosixFilePermissions.fromString("rwx------"));
  }
}
