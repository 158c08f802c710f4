package dev.holdfast.archive;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import dev.holdfast.model.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON with the bytes that Go's encoding/json writes: {@code <}, {@code >}, {@code &},
 * U+2028 and U+2029 escaped, hexadecimal digits in lower case.
 */
final class GoJson {

  private static final JsonFactory FACTORY =
      new JsonFactory(Json.MAPPER).setCharacterEscapes(new GoEscapes());

  private GoJson() {}

  /** One line, ending with a newline: what {@code json.Encoder} writes. */
  static byte[] line(@Nullable Object value) {
    return write(value, null, "\n");
  }

  /** Indented by two blanks, without a newline at the end: {@code json.MarshalIndent}. */
  static byte[] indented(Object value) {
    return write(value, new GoIndentation(), "");
  }

  private static byte[] write(
      @Nullable Object value, @Nullable DefaultPrettyPrinter printer, String end) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
      if (printer != null) {
        json.setPrettyPrinter(printer);
      }
      Json.MAPPER.writeValue(json, value);
      json.writeRaw(end);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static final class GoEscapes extends CharacterEscapes {
    private static final long serialVersionUID = 1L;
    private final int[] ascii = standardAsciiEscapesForJSON();

    GoEscapes() {
      for (int c = 0; c < 0x20; c++) {
        if (ascii[c] == ESCAPE_STANDARD) {
          ascii[c] = ESCAPE_CUSTOM; // Jackson's own hexadecimal digits are upper case
        }
      }
      ascii['<'] = ESCAPE_CUSTOM;
      ascii['>'] = ESCAPE_CUSTOM;
      ascii['&'] = ESCAPE_CUSTOM;
    }

    @Override
    public int[] getEscapeCodesForAscii() {
      return ascii.clone();
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int c) {
      return c < 0x80 || c == 0x2028 || c == 0x2029
          ? new SerializedString(String.format(Locale.ROOT, "\\u%04x", c))
          : null;
    }
  }

  private static final class GoIndentation extends DefaultPrettyPrinter {
    private static final long serialVersionUID = 1L;

    GoIndentation() {
      super(
          Separators.createDefaultInstance()
              .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
              .withObjectEmptySeparator("")
              .withArrayEmptySeparator(""));
      indentArraysWith(new DefaultIndenter("  ", "\n"));
      indentObjectsWith(new DefaultIndenter("  ", "\n"));
    }

    @Override
    public DefaultPrettyPrinter createInstance() {
      return new GoIndentation();
    }
  }
}
