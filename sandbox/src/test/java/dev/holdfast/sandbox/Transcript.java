package dev.holdfast.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a person typed and what was printed: lines that start with {@code $} are commands for {@code
 * sh}, the lines after one are its output, {@code [exit N]} its exit code if that is not 0. What
 * differs from run to run is replaced by a word in angle brackets.
 */
record Transcript(String name, List<Step> steps) {

  /**
   * @param comment lines before the command, as they stand
   * @param output with the exit code, as in the file
   */
  record Step(String comment, String command, String output) {}

  private static final Pattern AGE =
      Pattern.compile("(?<!cpu:? {1,20})(?<!\\S)(\\d+[smhdy])+(?=\\s|$)");

  /** What the recorded build, and no other, puts into each pod. */
  private static final Pattern HABIT =
      Pattern.compile(
          """
           +- configMap:
           +items:
           +- key: service-ca.crt
          .*
           +name: openshift-service-ca.crt
          | +ConfigMapName: +openshift-service-ca.crt
           +ConfigMapOptional: +<nil>
          """);

  /** Pattern → what stands for it. */
  private static final Map<Pattern, String> VOLATILE = volatiles();

  private static Map<Pattern, String> volatiles() {
    Map<Pattern, String> result = new LinkedHashMap<>();
    result.put(
        Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uid>");
    result.put(Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z"), "<time>");
    result.put(
        Pattern.compile("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d+ \\+0000"), "<time>");
    result.put(Pattern.compile("^([WE])\\d{4} [\\d:.]+ +\\d+ "), "$1<time> ");
    result.put(
        Pattern.compile("\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d \\+0000"), "<time>");
    result.put(Pattern.compile("(resourceVersion: |\"resourceVersion\": )\"\\d+\""), "$1<version>");
    result.put(Pattern.compile("(Resource Version:\\s+)\\d+"), "$1<version>");
    result.put(Pattern.compile("(kube-api-access-)[a-z0-9]{5}\\b"), "$1<suffix>");
    result.put(Pattern.compile("\\b10\\.43\\.\\d+\\.\\d+\\b"), "<address>");
    result.put(Pattern.compile("(LIVE|MERGED)-\\d+"), "$1-<number>");
    result.put(Pattern.compile("(kubectl-edit-)[\\w-]+"), "$1<number>");
    result.put(Pattern.compile("https://127\\.0\\.0\\.1:\\d+"), "<server>");
    result.put(Pattern.compile("(\\d+[smhd])+ ago"), "<age> ago");
    return result;
  }

  static Transcript read(Path file) throws IOException {
    List<Step> steps = new ArrayList<>();
    StringBuilder comment = new StringBuilder();
    StringBuilder output = new StringBuilder();
    String command = "";
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith("$ ") || line.startsWith("# ") && command.isEmpty()) {
        if (!command.isEmpty()) {
          steps.add(new Step(comment.toString(), command, output.toString()));
          comment.setLength(0);
          output.setLength(0);
        }
        command = line.startsWith("$ ") ? line.substring(2) : "";
        if (command.isEmpty()) {
          comment.append(line).append('\n');
        }
      } else {
        output.append(line).append('\n');
      }
    }
    steps.add(new Step(comment.toString(), command, output.toString()));
    String name = String.valueOf(file.getFileName());
    return new Transcript(name.substring(0, name.lastIndexOf('.')), steps);
  }

  /** Runs a command as the person did. */
  static String run(String command, Path folder, Path home)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", command)
            .directory(folder.toFile())
            .redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", home.resolve("kubeconfig").toString());
    builder.environment().put("HOME", home.toString());
    builder.environment().put("LC_ALL", "C"); // for sort
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("Still runs after 90 s: " + command);
    }
    int exit = process.exitValue();
    return normal(output, folder) + (exit == 0 ? "" : "[exit " + exit + "]\n");
  }

  private static String normal(String output, Path folder) {
    StringBuilder result = new StringBuilder();
    String common = HABIT.matcher(output.replace(folder.toString(), "<folder>")).replaceAll("");
    for (String line : common.lines().toList()) {
      String text = line.stripTrailing();
      if (text.startsWith("WARNING: version difference between client")) {
        continue;
      }
      for (var each : VOLATILE.entrySet()) {
        text = each.getKey().matcher(text).replaceAll(each.getValue());
      }
      if (!text.startsWith("Container ")) {
        text = AGE.matcher(text).replaceAll("<age>");
      }
      int indent = text.length() - text.stripLeading().length();
      result
          .append(text, 0, indent)
          .append(text.substring(indent).replaceAll(" {2,}", "  "))
          .append('\n');
    }
    return result.toString();
  }

  /** The lines that only one of two outputs has, in order. */
  static String difference(String recorded, String now) {
    List<String> a = recorded.lines().toList();
    List<String> b = now.lines().toList();
    int[][] common = new int[a.size() + 1][b.size() + 1];
    for (int i = a.size() - 1; i >= 0; i--) {
      for (int j = b.size() - 1; j >= 0; j--) {
        common[i][j] =
            a.get(i).equals(b.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    StringBuilder result = new StringBuilder();
    int i = 0;
    int j = 0;
    while (i < a.size() || j < b.size()) {
      if (i < a.size() && j < b.size() && a.get(i).equals(b.get(j))) {
        i++;
        j++;
      } else if (j == b.size() || i < a.size() && common[i + 1][j] >= common[i][j + 1]) {
        result.append("- ").append(a.get(i++)).append('\n');
      } else {
        result.append("+ ").append(b.get(j++)).append('\n');
      }
    }
    return result.toString();
  }

  /** The file's text. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (Step step : steps) {
      text.append(step.comment()).append("$ ").append(step.command()).append('\n');
      text.append(step.output());
    }
    return text.toString();
  }

  /** Copies the files that the commands name. */
  static void copyFiles(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(String.valueOf(file.getFileName()));
        Files.copy(file, copy);
        if (copy.toString().endsWith(".sh") && !copy.toFile().setExecutable(true)) {
          throw new IOException("Cannot make executable: " + copy);
        }
      }
    }
  }
}
