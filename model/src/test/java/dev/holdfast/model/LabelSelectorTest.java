package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelSelectorTest {

  private static final Map<String, String> LABELS =
      Map.of("app", "web", "tier", "front", "x.io/a", "");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "app=web | true",
        "app==web | true",
        "app=db | false",
        "app!=db | true",
        "nope!=db | true",
        "app in (web,db) | true",
        "app notin (web) | false",
        "nope notin (web) | true",
        "tier | true",
        "!tier | false",
        "!nope | true",
        "app=web,tier in (back, front),!nope | true",
        "app=web,tier=back | false",
        "x.io/a= | true",
        "app=web,app=db | false"
      })
  void matchesAsKubernetesDoes(String text, boolean expected) {
    assertThat(LabelSelector.parse(text).matches(LABELS)).isEqualTo(expected);
    assertThat(LabelSelector.parse(LabelSelector.parse(text).text()).matches(LABELS))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"=x", "a=b=c", "a in ()x", "a in b", ",", "a b", "a=-b-", "a/b/c=d", "/a=b"})
  void refusesWhatIsMalformed(String text) {
    assertThatThrownBy(() -> LabelSelector.parse(text)).isInstanceOf(Failure.Invalid.class);
  }

  @Test
  void readsTheDocumentForm() {
    var selector =
        Json.read(
            "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"web\"]}]}"
                .getBytes(java.nio.charset.StandardCharsets.UTF_8),
            LabelSelector.class,
            "selector");
    assertThat(selector.matches(LABELS)).isTrue();
    assertThat(Json.string(selector))
        .isEqualTo(
            "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[\"web\"]}]}");
    assertThatThrownBy(() ->
            new LabelSelector(null, List.of(new LabelSelector.Requirement("a", "In", List.of())))
                .validate())
        .isInstanceOf(Failure.Invalid.class);
  }
}
