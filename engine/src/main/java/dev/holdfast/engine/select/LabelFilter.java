package dev.holdfast.engine.select;

import dev.holdfast.model.LabelSelector;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One label selector, or several of which one must match; none at all matches everything. */
public record LabelFilter(List<LabelSelector> anyOf) {

  public LabelFilter {
    anyOf = List.copyOf(anyOf);
  }

  public static LabelFilter of(
      @Nullable LabelSelector selector, @Nullable List<LabelSelector> orSelectors) {
    if (orSelectors != null && !orSelectors.isEmpty()) {
      return new LabelFilter(orSelectors);
    }
    return new LabelFilter(selector == null ? List.of() : List.of(selector));
  }

  /** Whether there is no selector. */
  public boolean everything() {
    return anyOf.isEmpty();
  }

  public boolean matches(Map<String, String> labels) {
    return anyOf.isEmpty() || anyOf.stream().anyMatch(s -> s.matches(labels));
  }
}
