package dev.holdfast.cli.output;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * What a verb deletes, told as {@code -o} asks: a line for each as it goes, or one document {@code
 * {"deleted": [NAME...]}} at the end, also where a failure ends it early.
 */
public final class Deletions implements AutoCloseable {

  private final PrintWriter out;
  private final Format format;
  private final String noun;
  private final String kind;
  private final List<String> names = new ArrayList<>();

  /**
   * @param noun as in {@code backup NAME deleted}
   * @param kind as in {@code -o name}: {@code backup.velero.io}
   */
  public Deletions(PrintWriter out, Format format, String noun, String kind) {
    this.out = out;
    this.format = format;
    this.noun = noun;
    this.kind = kind;
  }

  /** This one is gone. */
  public void add(String name) {
    names.add(name);
    switch (format) {
      case TABLE -> out.println(noun + " " + name + " deleted");
      case NAME -> out.println(kind + "/" + name);
      case JSON, YAML -> {}
    }
  }

  @Override
  public void close() {
    if (format == Format.JSON || format == Format.YAML) {
      ObjectNode document = Json.MAPPER.createObjectNode();
      document.set("deleted", Json.MAPPER.valueToTree(names));
      out.print(format.text(document));
    }
  }
}
