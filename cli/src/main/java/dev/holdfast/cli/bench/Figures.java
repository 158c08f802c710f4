package dev.holdfast.cli.bench;

import dev.holdfast.cli.output.Console;
import dev.holdfast.cli.output.Table;
import dev.holdfast.cli.output.Units;
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
    verdicts().forEach(console.out()::println);
    console.out().flush();
  }

  private List<String> verdicts() {
    List<String> lines = new ArrayList<>();
    if (has(Client.CREATE_1)) {
      double ratio = median(Client.RESTORE, Run::rate) / median(Client.CREATE_1, Run::rate);
      lines.add(atLeast("restore, times as fast as one create at a time", ratio, 20));
    }
    for (Client plain : List.of(Client.CREATE_8, Client.CREATE_64)) {
      if (has(plain)) {
        double ratio = median(Client.RESTORE, Run::rate) / median(plain, Run::rate);
        lines.add(atLeast("restore, of the rate of '" + plain.label + "'", ratio, 0.9));
      }
    }
    double slower = median(Client.BACKUP, Run::seconds) / median(Client.LIST, Run::seconds);
    lines.add(atMost("backup, times as long as listing", slower, 1.5));
    double reading = median(Client.BACKUP, Run::cpu) / median(Client.LIST, Run::cpu);
    lines.add(atMost("backup, CPU against listing", reading, 3));
    Client plain = has(Client.CREATE_8) ? Client.CREATE_8 : Client.CREATE_64;
    double writing = median(Client.RESTORE, Run::cpu) / median(plain, Run::cpu);
    lines.add(atMost("restore, CPU against '" + plain.label + "'", writing, 3));
    return lines;
  }

  private static String atLeast(String what, double ratio, double goal) {
    return verdict(what, ratio, "at least", goal, ratio >= goal);
  }

  private static String atMost(String what, double ratio, double goal) {
    return verdict(what, ratio, "at most", goal, ratio <= goal);
  }

  private static String verdict(
      String what, double ratio, String limit, double goal, boolean reached) {
    String mark = reached ? "reached" : "missed";
    return String.format(
        Locale.ROOT, "%-62s %6.2f   (%s %s: %s)", what, ratio, limit, trim(goal), mark);
  }

  private static String trim(double goal) {
    return goal == Math.rint(goal) ? Long.toString((long) goal) : Double.toString(goal);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
