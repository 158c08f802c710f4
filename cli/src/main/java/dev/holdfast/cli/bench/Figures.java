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

/** What was measured, and how ours compares with the plain clients. */
final class Figures {

  /** Who competes. */
  enum Client {
    LIST("plain client: list pages, discard"),
    BACKUP("holdfast backup create"),
    CREATE_1("plain client: create one at a time"),
    CREATE_8("plain client: create, 8 workers"),
    CREATE_64("plain client: create, 64 workers"),
    RESTORE("holdfast restore create");

    final String label;

    Client(String label) {
      this.label = label;
    }
  }

  private record Run(long items, Measured measured) {
    double seconds() {
      return measured.seconds();
    }

    double cpu() {
      return measured.cpuSeconds();
    }

    double rate() {
      return items / seconds();
    }
  }

  private final Map<Client, List<Run>> runs = new LinkedHashMap<>();

  void add(Client client, long items, Measured measured) {
    runs.computeIfAbsent(client, c -> new ArrayList<>()).add(new Run(items, measured));
  }

  private boolean has(Client client) {
    return runs.containsKey(client);
  }

  /** The run in the middle, by this figure. */
  private double median(Client client, ToDoubleFunction<Run> figure) {
    double[] sorted =
        runs.getOrDefault(client, List.of()).stream().mapToDouble(figure).sorted().toArray();
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }

  void print(Console console) {
    Table table = new Table("CLIENT", "ITEMS", "TIME", "ITEMS/S", "CPU", "MEMORY");
    for (Client client : runs.keySet()) {
      table.row(
          client.label,
          Units.count((long) median(client, Run::items)),
          number("%.2f s", median(client, Run::seconds)),
          number("%.0f", median(client, Run::rate)),
          number("%.2f s", median(client, Run::cpu)),
          Units.bytes(median(client, run -> run.measured().peak())));
    }
    table.print(console.out(), console.outWidth(), console.style());
    console.out().println();
    verdicts().forEach(verdict -> console.out().println(verdict.text()));
    console.out().flush();
  }

  /**
   * A ratio of ours to a plain client's, and what it is to be.
   *
   * @param least whether the goal is a lower bound, else an upper one
   */
  private record Verdict(String what, double ratio, boolean least, double goal) {
    boolean reached() {
      return least ? ratio >= goal : ratio <= goal;
    }

    String text() {
      String limit = goal == Math.rint(goal) ? Long.toString((long) goal) : Double.toString(goal);
      return String.format(
          Locale.ROOT,
          "%-62s %6.2f   (at %s %s: %s)",
          what,
          ratio,
          least ? "least" : "most",
          limit,
          reached() ? "reached" : "missed");
    }
  }

  private List<Verdict> verdicts() {
    List<Verdict> all = new ArrayList<>();
    if (has(Client.CREATE_1)) {
      double ratio = median(Client.RESTORE, Run::rate) / median(Client.CREATE_1, Run::rate);
      all.add(new Verdict("restore, times as fast as one create at a time", ratio, true, 20));
    }
    for (Client plain : List.of(Client.CREATE_8, Client.CREATE_64)) {
      if (has(plain)) {
        double ratio = median(Client.RESTORE, Run::rate) / median(plain, Run::rate);
        all.add(new Verdict("restore, of the rate of '" + plain.label + "'", ratio, true, 0.9));
      }
    }
    double slower = median(Client.BACKUP, Run::seconds) / median(Client.LIST, Run::seconds);
    all.add(new Verdict("backup, times as long as listing", slower, false, 1.5));
    double reading = median(Client.BACKUP, Run::cpu) / median(Client.LIST, Run::cpu);
    all.add(new Verdict("backup, CPU against listing", reading, false, 3));
    Client plain = has(Client.CREATE_8) ? Client.CREATE_8 : Client.CREATE_64;
    double writing = median(Client.RESTORE, Run::cpu) / median(plain, Run::cpu);
    all.add(new Verdict("restore, CPU against '" + plain.label + "'", writing, false, 3));
    return all;
  }

  /** The same as a document. */
  ObjectNode document() {
    ObjectNode document = Json.MAPPER.createObjectNode();
    ArrayNode clients = document.putArray("clients");
    for (Client client : runs.keySet()) {
      clients
          .addObject()
          .put("client", client.label)
          .put("items", (long) median(client, Run::items))
          .put("seconds", median(client, Run::seconds))
          .put("cpuSeconds", median(client, Run::cpu))
          .put("peakBytes", (long) median(client, run -> run.measured().peak()));
    }
    ArrayNode ratios = document.putArray("ratios");
    for (Verdict verdict : verdicts()) {
      ratios
          .addObject()
          .put("what", verdict.what)
          .put("ratio", verdict.ratio)
          .put(verdict.least ? "atLeast" : "atMost", verdict.goal)
          .put("reached", verdict.reached());
    }
    return document;
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
