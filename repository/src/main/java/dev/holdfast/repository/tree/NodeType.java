package dev.holdfast.repository.tree;

import org.jspecify.annotations.Nullable;

/** What a node is. */
public enum NodeType {
  FILE("file"),
  DIR("dir"),
  SYMLINK("symlink"),
  BLOCK_DEVICE("dev"),
  CHAR_DEVICE("chardev"),
  FIFO("fifo"),
  SOCKET("socket"),
  IRREGULAR("irregular");

  private final String text;

  NodeType(String text) {
    this.text = text;
  }

  /** As trees write it. */
  public String text() {
    return text;
  }

  static @Nullable NodeType of(String text) {
    for (NodeType type : values()) {
      if (type.text.equals(text)) {
        return type;
      }
    }
    return null;
  }
}
