package dev.holdfast.cli.repo;

import dev.holdfast.model.Failure;
import dev.holdfast.repository.backup.Selection;
import dev.holdfast.repository.select.PathPatterns;
import dev.holdfast.repository.tree.RawName;
import dev.holdfast.repository.tree.RawPath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a backup saves and what it leaves out: restic's flags. */
final class SourceFlags {

  @Option(
      names = {"-e", "--exclude"},
      paramLabel = "PATTERN",
      description = "Leave out what matches; ** stands for any directories; may be repeated.")
  List<String> excludes = List.of();

  @Option(
      names = "--iexclude",
      paramLabel = "PATTERN",
      description = "The same, whatever the case.")
  List<String> insensitiveExcludes = List.of();

  @Option(
      names = "--exclude-file",
      paramLabel = "FILE",
      description = "Patterns, one a line; # begins a comment; $$VARIABLES are replaced.")
  List<String> excludeFiles = List.of();

  @Option(
      names = "--iexclude-file",
      paramLabel = "FILE",
      description = "The same, whatever the case.")
  List<String> insensitiveExcludeFiles = List.of();

  @Option(
      names = "--exclude-caches",
      description = "Leave out what is in directories with a CACHEDIR.TAG.")
  boolean excludeCaches;

  @Option(
      names = "--exclude-if-present",
      paramLabel = "NAME[:START]",
      description = "Leave out what is in directories that hold this file (beginning with START).")
  List<String> excludeIfPresent = List.of();

  @Option(
      names = "--exclude-larger-than",
      paramLabel = "SIZE",
      description = "Leave out larger files; k, m, g, t.")
  @Nullable String largerThan;

  @Option(
      names = {"-x", "--one-file-system"},
      description = "Leave out what other file systems hold.")
  boolean oneFileSystem;

  @Option(
      names = "--files-from",
      paramLabel = "FILE",
      description = "Save what the lines of the file name, too; # begins a comment; - is stdin.")
  List<String> filesFrom = List.of();

  @Option(
      names = "--files-from-verbatim",
      paramLabel = "FILE",
      description = "The same, each line as it is.")
  List<String> filesFromVerbatim = List.of();

  @Option(
      names = "--files-from-raw",
      paramLabel = "FILE",
      description = "The same, each name ended by a zero byte.")
  List<String> filesFromRaw = List.of();

  boolean namesFiles() {
    return !filesFrom.isEmpty() || !filesFromVerbatim.isEmpty() || !filesFromRaw.isEmpty();
  }

  /** The targets that flags name, then those of the command line. */
  List<RawPath> targets(List<String> words, InputStream stdin) {
    List<RawPath> targets = new ArrayList<>();
    for (String file : filesFrom) {
      for (String line : text(file, stdin).lines().map(String::strip).toList()) {
        if (!line.isEmpty() && !line.startsWith("#")) {
          targets.addAll(Wildcards.expand(line));
        }
      }
    }
    for (String file : filesFromVerbatim) {
      text(file, stdin)
          .lines()
          .filter(line -> !line.isEmpty())
          .forEach(line -> targets.add(RawPath.of(line)));
    }
    for (String file : filesFromRaw) {
      targets.addAll(raw(bytes(file, stdin)));
    }
    words.forEach(word -> targets.add(RawPath.of(word)));
    return targets;
  }

  private static List<RawPath> raw(byte[] names) {
    List<RawPath> paths = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < names.length; i++) {
      if (names[i] == 0) {
        if (i == from) {
          throw new Failure.Invalid("--files-from-raw: there is an empty name");
        }
        paths.add(RawPath.of(Arrays.copyOfRange(names, from, i)));
        from = i + 1;
      }
    }
    if (from != names.length) {
      throw new Failure.Invalid("--files-from-raw: the last name has no zero byte after it");
    }
    return paths;
  }

  Selection selection(Map<String, String> environment) {
    List<String> exact = new ArrayList<>(excludes);
    excludeFiles.forEach(file -> exact.addAll(patterns(file, environment)));
    List<String> insensitive = new ArrayList<>(insensitiveExcludes);
    insensitiveExcludeFiles.forEach(file -> insensitive.addAll(patterns(file, environment)));
    List<Selection.Marker> markers = new ArrayList<>();
    for (String marker : excludeIfPresent) {
      int colon = marker.indexOf(':');
      String name = colon < 0 ? marker : marker.substring(0, colon);
      if (name.isEmpty()) {
        throw new Failure.Invalid("--exclude-if-present names no file");
      }
      String start = colon < 0 ? "" : marker.substring(colon + 1);
      markers.add(new Selection.Marker(RawName.of(name), RawName.of(start)));
    }
    if (excludeCaches) {
      markers.add(Selection.CACHE);
    }
    return new Selection(
        List.of(PathPatterns.of(exact, false), PathPatterns.of(insensitive, true)),
        oneFileSystem,
        largerThan == null ? Long.MAX_VALUE : Sizes.parse("--exclude-larger-than", largerThan),
        markers);
  }

  /** The patterns of the command line and of files, for the snapshot's record. */
  List<String> record(Map<String, String> environment) {
    List<String> all = new ArrayList<>(excludes);
    excludeFiles.forEach(file -> all.addAll(patterns(file, environment)));
    return all;
  }

  /** The lines of a file of patterns. */
  static List<String> patterns(String file, Map<String, String> environment) {
    return text(file, InputStream.nullInputStream())
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .map(line -> expand(line, environment))
        .toList();
  }

  /** {@code $NAME}, <code>${NAME}</code>, and {@code $$} for a dollar sign. */
  static String expand(String line, Map<String, String> environment) {
    return java.util.regex.Pattern.compile("\\$(?:\\{([^}]*)\\}|(\\$)|(\\w+))")
        .matcher(line)
        .replaceAll(found -> {
          String value = "$";
          if (found.group(2) == null) {
            String name = found.group(1) == null ? found.group(3) : found.group(1);
            value = environment.getOrDefault(name, "");
          }
          return java.util.regex.Matcher.quoteReplacement(value);
        });
  }

  private static String text(String file, InputStream stdin) {
    return new String(bytes(file, stdin), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String file, InputStream stdin) {
    try {
      return file.equals("-") ? stdin.readAllBytes() : Files.readAllBytes(Path.of(file));
    } catch (IOException e) {
      throw new Failure.Absent("Cannot read " + file, null, e);
    }
  }
}
