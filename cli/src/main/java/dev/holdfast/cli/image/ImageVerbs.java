package dev.holdfast.cli.image;

import dev.holdfast.cli.Session;
import picocli.CommandLine;

/** The verbs of {@code holdfast image}. */
public final class ImageVerbs {

  private ImageVerbs() {}

  public static void add(CommandLine noun, Session session) {
    noun.addSubcommand(new ImageSave(session));
    noun.addSubcommand(new ImagePush(session));
  }
}
