package dev.holdfast.sandbox.control;

import dev.holdfast.sandbox.store.Change;

/** Reacts to what was committed. Called by one thread at a time, in the order of the commits. */
public interface Controller {
  void observe(Change change);
}
