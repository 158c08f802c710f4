package dev.holdfast.cli.output;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/** Puts an indent before every line, redrawn ones included. */
final class Indented extends FilterWriter {

  private final String indent;
  private boolean atStart = true;

  private Indented(Writer out, String indent) {
    super(out);
    this.indent = indent;
  }

  static PrintWriter of(PrintWriter out, String indent) {
    return new PrintWriter(new Indented(out, indent), true);
  }

  @Override
  public void write(String text, int from, int length) throws IOException {
    for (int i = from; i < from + length; i++) {
      write(text.charAt(i));
    }
  }

  @Override
  public void write(char[] text, int from, int length) throws IOException {
    for (int i = from; i < from + length; i++) {
      write(text[i]);
    }
  }

  @Override
  public void write(int character) throws IOException {
    if (atStart && character != '\n' && character != '\r') {
      out.write(indent);
      atStart = false;
    }
    out.write(character);
    atStart = character == '\n' || character == '\r';
  }
}
