package dev.holdfast.engine.restore;

import java.util.Locale;

/** What a restore would do with an item. */
public enum Action {
  /** It is not there and is created. */
  CREATE,
  /** It is there and says the same: nothing is done. */
  IDENTICAL,
  /** It is there and says something else: the policy decides. */
  DIFFERS,
  /** It is not to be restored, for a reason that is no fault. */
  SKIP,
  /** The caller may not. */
  DENIED,
  /** It cannot be asked now: never to be read as "fine". */
  UNKNOWN,
  /** It cannot be restored as asked. */
  FAILS;

  /** Lower case, as it stands in tables and JSON. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
