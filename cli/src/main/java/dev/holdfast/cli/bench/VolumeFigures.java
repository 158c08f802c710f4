package dev.holdfast.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.output.Console;
import dev.holdfast.cli.output.Table;
import dev.holdfast.cli.output.Units;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What was measured of volumes: for each kind of data, each way, and what bounds it. */
final class VolumeFigures {

  /** What is done with the data. */
  enum Way {
    CAT("exec, bytes thrown away", "", 0),
    REPOSITORY("bare repository", "", 0),
    EXEC("backup by exec", "exec", 0.6),
    POD("backup by mover pod", "mover pod", 0.9);

    final String label;

    /** In the backup's log. */
    final String word;

    /** Of the smaller of the first two rates; 0 for those. */
    final double goal;

    Way(String label, String word, double goal) {
      this.label = label;
      this.word = word;
      this.goal = goal;
    }
  }

  private final Map<String, Map<Way, List<Measured>>> runs = new LinkedHashMap<>();

  void add(String data, Way way, Measured measured) {
    runs.computeIfAbsent(data, _ -> new EnumMap<>(Way.class))
        .computeIfAbsent(way, _ -> new ArrayList<>())
        .add(measured);
  }

  /** The run in the middle, by this figure. */
  private static double median(@Nullable List<Measured> runs, ToDoubleFunction<Measured> figure) {
    double[] sorted =
        runs == null ? new double[0] : runs.stream().mapToDouble(figure).sorted().toArray();
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }

  /** A way's rate by the smaller one of what bounds it; not a number where there is no such. */
  private static double ratio(Map<Way, List<Measured>> data, Way way) {
    double slower =
        Math.max(
            median(data.get(Way.CAT), Measured::seconds),
            median(data.get(Way.REPOSITORY), Measured::seconds));
    return slower / median(data.get(way), Measured::seconds);
  }

  void print(Console console) {
    Table table = new Table("DATA", "WAY", "TIME", "CPU", "MEMORY", "OF THE BOUND", "GOAL");
    runs.forEach((data, ways) ->
        ways.forEach((way, measured) -> {
          double ratio = ratio(ways, way);
          boolean judged = way.goal > 0 && !Double.isNaN(ratio);
          table.row(
              data,
              way.label,
              number("%.2f s", median(measured, Measured::seconds)),
              number("%.2f s", median(measured, Measured::cpuSeconds)),
              Units.bytes(median(measured, Measured::peak)),
              judged ? number("%.2f", ratio) : "",
              judged ? number("%.1f", way.goal) + (ratio >= way.goal ? "" : " missed") : "");
        }));
    table.print(console.out(), console.outWidth(), console.style());
    console.out().flush();
  }

  /** The same as a document. */
  ObjectNode document() {
    ObjectNode document = Json.MAPPER.createObjectNode();
    ArrayNode rows = document.putArray("volumes");
    runs.forEach((data, ways) ->
        ways.forEach((way, measured) -> {
          ObjectNode row = rows.addObject().put("data", data).put("way", way.label);
          row.put("seconds", median(measured, Measured::seconds));
          row.put("cpuSeconds", median(measured, Measured::cpuSeconds));
          row.put("peakBytes", (long) median(measured, Measured::peak));
          double ratio = ratio(ways, way);
          if (way.goal > 0 && !Double.isNaN(ratio)) {
            row.put("ofTheBound", ratio).put("goal", way.goal);
          }
        }));
    return document;
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
