package dev.holdfast.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.cli.output.Console;
import dev.holdfast.cli.output.Table;
import dev.holdfast.cli.output.Units;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What was measured of repositories: for each data set and step, ours and restic's. */
final class RepoFigures {

  private record Place(DataSet data, RepoStep step) {}

  private static final class Runs {
    final List<Measured> ours = new ArrayList<>();
    final List<Measured> theirs = new ArrayList<>();
  }

  private final Map<Place, Runs> runs = new LinkedHashMap<>();

  void add(DataSet data, RepoStep step, boolean ours, Measured measured) {
    Runs both = runs.computeIfAbsent(new Place(data, step), p -> new Runs());
    (ours ? both.ours : both.theirs).add(measured);
  }

  /** The run in the middle, by this figure. */
  private static double median(List<Measured> runs, ToDoubleFunction<Measured> figure) {
    double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }

  /** restic's figure by ours: how many times as fast, or as frugal, we are. */
  private static double ratio(Runs runs, ToDoubleFunction<Measured> figure) {
    return median(runs.theirs, figure) / median(runs.ours, figure);
  }

  void print(Console console) {
    Table table =
        new Table(
            "DATA",
            "STEP",
            "OURS",
            "RESTIC",
            "TIMES AS FAST",
            "GOAL",
            "CPU OURS",
            "RESTIC",
            "LESS",
            "MEMORY OURS",
            "RESTIC");
    runs.forEach((place, both) -> {
      double times = ratio(both, Measured::seconds);
      double goal = place.step.goal(place.data);
      table.row(
          place.data.flag(),
          place.step.label,
          seconds(median(both.ours, Measured::seconds)),
          seconds(median(both.theirs, Measured::seconds)),
          number(times),
          number(goal) + (times >= goal ? "" : " missed"),
          seconds(median(both.ours, Measured::cpuSeconds)),
          seconds(median(both.theirs, Measured::cpuSeconds)),
          number(ratio(both, Measured::cpuSeconds)),
          Units.bytes(median(both.ours, Measured::peak)),
          Units.bytes(median(both.theirs, Measured::peak)));
    });
    table.print(console.out(), console.outWidth(), console.style());
  }

  /** The same as a document. */
  ObjectNode document() {
    ObjectNode document = Json.MAPPER.createObjectNode();
    ArrayNode steps = document.putArray("steps");
    runs.forEach((place, both) -> {
      ObjectNode step = steps.addObject();
      step.put("data", place.data.flag());
      step.put("step", place.step.name().toLowerCase(Locale.ROOT));
      step.put("timesAsFast", ratio(both, Measured::seconds));
      step.put("timesLessCpu", ratio(both, Measured::cpuSeconds));
      step.put("goal", place.step.goal(place.data));
      put(step.putArray("holdfast"), both.ours);
      put(step.putArray("restic"), both.theirs);
    });
    return document;
  }

  private static void put(ArrayNode array, List<Measured> runs) {
    runs.forEach(run ->
        array
            .addObject()
            .put("seconds", run.seconds())
            .put("cpuSeconds", run.cpuSeconds())
            .put("peakBytes", run.peak()));
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.2f s", value);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
