package dev.holdfast.cli.output;

/**
 * Bold and the few colours in use, or plain text.
 *
 * @param on whether escape sequences are written
 */
public record Style(boolean on) {

  public static final Style PLAIN = new Style(false);

  public String bold(String text) {
    return wrap("1", text);
  }

  public String faint(String text) {
    return wrap("2", text);
  }

  public String red(String text) {
    return wrap("31", text);
  }

  public String green(String text) {
    return wrap("32", text);
  }

  public String yellow(String text) {
    return wrap("33", text);
  }

  public String cyan(String text) {
    return wrap("36", text);
  }

  /** A Velero phase in the colour of what it means. */
  public String phase(String phase) {
    return phase(phase, phase);
  }

  /** The same for what is shown of a phase, where there is no room for all of it. */
  String phase(String phase, String shown) {
    return switch (phase) {
      case "Completed", "Available", "Enabled" -> green(shown);
      case "PartiallyFailed", "FinalizingPartiallyFailed", "InProgress", "Deleting" ->
          yellow(shown);
      case "Failed", "FailedValidation", "Unavailable" -> red(shown);
      default -> shown;
    };
  }

  private String wrap(String code, String text) {
    return on && !text.isEmpty() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
