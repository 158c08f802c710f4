package dev.holdfast.sandbox.api;

import java.util.List;

/** Who asks. */
public record Caller(String user, List<String> groups) {

  public static final String MASTERS = "system:masters";

  /** The sandbox itself, where it does what a controller would do. */
  public static final Caller SYSTEM = new Caller("system:apiserver", List.of(MASTERS));

  public Caller {
    groups = List.copyOf(groups);
  }

  public boolean master() {
    return groups.contains(MASTERS);
  }
}
