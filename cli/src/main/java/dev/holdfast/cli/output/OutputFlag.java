package dev.holdfast.cli.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code -o}. */
public final class OutputFlag {

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      converter = Reader.class,
      completionCandidates = Words.class,
      description = "table (default), json, yaml or name.")
  Format format = Format.TABLE;

  public Format format() {
    return format;
  }

  /** True for json and yaml: the result is a document, nothing else goes to standard output. */
  public boolean document() {
    return format == Format.JSON || format == Format.YAML;
  }

  /** For completion. */
  static final class Words extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Words() {
      super(List.of("table", "json", "yaml", "name"));
    }
  }

  static final class Reader implements ITypeConverter<Format> {
    @Override
    public Format convert(String text) {
      try {
        return Format.valueOf(text.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("'" + text + "': use table, json, yaml or name");
      }
    }
  }
}
