package dev.holdfast.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TableTest {

  private static String printed(Table table, int width) {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    table.print(out, width, Style.PLAIN);
    out.flush();
    return text.toString();
  }

  @Test
  void whereATerminalIsNarrowTimesAndEmptyColumnsGiveWayFirst() {
    Table table = new Table("NAME", "CREATED", "STATUS", "SELECTOR");
    table.row("shop", "2026-01-31 23:59:59 +0000 UTC", "PartiallyFailed", "");
    assertThat(printed(table, 80)).contains("<none>").contains("+0000 UTC");
    assertThat(printed(table, 60)).contains("+0000 UTC").doesNotContain("SELECTOR");
    assertThat(printed(table, 36))
        .isEqualTo(
            """
            NAME  CREATED      STATUS
            shop  01-31 23:59  PartiallyFailed
            """);
  }

  @Test
  void theYearStaysWhereTimesAreOfSeveral() {
    Table table = new Table("NAME", "CREATED", "STATUS");
    table.row("new", "2026-01-01 00:00:00 +0000 UTC", "Completed");
    table.row("old", "2025-12-31 23:59:59 +0000 UTC", "Completed");
    assertThat(printed(table, 35)).contains("2026-01-01 00:00  ").contains("2025-12-31 23:59  ");
  }

  @Test
  void headingsGiveWayBeforeWhatStandsBelowThem() {
    Table table = new Table("NAME", "STORAGE LOCATION").row("a-long-name-of-a-backup", "default");
    assertThat(printed(table, 34)).contains("a-long-name-of-a-backup  default\n");
    Table phases = new Table("NAME", "STATUS").row("a-long-name-of-a-backup", "PartiallyFailed");
    StringWriter text = new StringWriter();
    phases.print(new PrintWriter(text, true), 34, new Style(true));
    assertThat(text.toString()).contains("\u001b[33mPartiall…\u001b[0m");
  }

  @Test
  void columnsAreAlignedAndEmptyCellsSaySo() {
    Table table = new Table("NAME", "STATUS").row("a", "Completed").row("longer-name", "");
    assertThat(printed(table, 0))
        .isEqualTo(
            """
            NAME          STATUS
            a             Completed
            longer-name   <none>
            """);
  }

  @Test
  void onANarrowTerminalTheWidestColumnGivesWayAndTheNameStays() {
    Table table =
        new Table("NAME", "REASON", "X")
            .row("shop-20260101000000", "a very long reason that goes on and on and on", "y");
    String text = printed(table, 50);
    assertThat(text.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(50));
    assertThat(text).contains("shop-20260101000000").contains("…");
  }

  @Test
  void elsewhereNothingIsCut() {
    String reason = "r".repeat(500);
    assertThat(printed(new Table("NAME", "REASON").row("a", reason), 0)).contains(reason);
  }
}
