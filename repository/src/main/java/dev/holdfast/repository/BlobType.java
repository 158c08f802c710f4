package dev.holdfast.repository;

/** Blobs are addressed by type and id: the same bytes as data and as tree are two blobs. */
public enum BlobType {
  DATA("data"),
  TREE("tree");

  private final String text;

  BlobType(String text) {
    this.text = text;
  }

  /** As index files write it. */
  public String text() {
    return text;
  }
}
