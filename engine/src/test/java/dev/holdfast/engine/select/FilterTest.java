package dev.holdfast.engine.select;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Discovery;
import dev.holdfast.model.Json;
import dev.holdfast.model.ResourceType;
import dev.holdfast.model.Seeded;
import dev.holdfast.model.velero.Backup;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("KUR-8")
class FilterTest {

  private static final List<String> VERBS = List.of("list", "create", "get", "delete");
  private static final ResourceType PODS = type("", "v1", "Pod", "pods", "po", true);
  private static final ResourceType NAMESPACES =
      type("", "v1", "Namespace", "namespaces", "ns", false);
  private static final ResourceType PVS =
      type("", "v1", "PersistentVolume", "persistentvolumes", "pv", false);
  private static final ResourceType DEPLOYMENTS =
      type("apps", "v1", "Deployment", "deployments", "deploy", true);
  private static final ResourceType ROLES =
      type("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", "", false);
  private static final ResourceType SNAPSHOTS =
      type("snapshot.storage.k8s.io", "v1", "VolumeSnapshot", "volumesnapshots", "vs", true);
  private static final List<ResourceType> TYPES =
      List.of(PODS, NAMESPACES, PVS, DEPLOYMENTS, ROLES, SNAPSHOTS);
  private static final TypeNames NAMES = new TypeNames(new Discovery("v1.36.2", TYPES, Map.of()));

  private static ResourceType type(
      String group, String version, String kind, String plural, String shortName, boolean ns) {
    return new ResourceType(
        group,
        version,
        kind,
        plural,
        kind.toLowerCase(java.util.Locale.ROOT),
        shortName.isEmpty() ? List.of() : List.of(shortName),
        ns,
        VERBS,
        true);
  }

  private static TypeFilter filter(String spec, String... existing) {
    Backup.Spec parsed = spec(spec);
    return TypeFilter.of(
        parsed,
        NAMES,
        NamespaceFilter.of(
            parsed.includedNamespaces(), parsed.excludedNamespaces(), List.of(existing), Set.of()));
  }

  private static Backup.Spec spec(String json) {
    return Json.read(
        json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), Backup.Spec.class, "spec");
  }

  private static List<String> collected(TypeFilter filter) {
    return TYPES.stream().filter(filter::collects).map(ResourceType::resource).toList();
  }

  private static List<String> admitted(TypeFilter filter) {
    return TYPES.stream().filter(filter::admits).map(ResourceType::resource).toList();
  }

  @Test
  @Tag("EMF-9")
  void nothingSaidTakesEverythingButSnapshotObjects() {
    assertThat(collected(filter("{}")))
        .containsExactly("pods", "namespaces", "persistentvolumes", "deployments", "clusterroles");
  }

  @Test
  void velerosOwnExclusionsInTheSpecDoNotMakeItPartial() {
    assertThat(
            collected(
                filter(
                    "{'excludedNamespaceScopedResources':['volumesnapshots.snapshot.storage.k8s.io'],"
                        + "'excludedClusterScopedResources':['volumesnapshotcontents.snapshot.storage.k8s.io']}")))
        .contains("clusterroles");
  }

  @Test
  void someNamespacesLeaveClusterScopedTypesToWhatBringsThem() {
    TypeFilter filter = filter("{'includedNamespaces':['shop']}");
    assertThat(collected(filter)).containsExactly("pods", "namespaces", "deployments");
    assertThat(admitted(filter)).contains("persistentvolumes", "clusterroles");
  }

  @Test
  void anExcludedNamespaceDoesTheSame() {
    assertThat(collected(filter("{'excludedNamespaces':['shop']}")))
        .containsExactly("pods", "namespaces", "deployments");
  }

  @Test
  void includeClusterResourcesHasThreeStates() {
    assertThat(collected(filter("{'includedNamespaces':['shop'],'includeClusterResources':true}")))
        .contains("persistentvolumes", "clusterroles");
    TypeFilter none = filter("{'includeClusterResources':false}");
    assertThat(collected(none)).containsExactly("pods", "deployments");
    assertThat(admitted(none))
        .as("a PV does not even come with its claim")
        .containsExactly("pods", "namespaces", "deployments");
  }

  @Test
  void includedResourcesKeepUnnamedClusterScopedTypesOut() {
    TypeFilter filter = filter("{'includedNamespaces':['shop'],'includedResources':['pvc','po']}");
    assertThat(collected(filter)).containsExactly("pods");
    assertThat(filter.refuses(PVS)).isTrue();
    assertThat(filter.names(PODS)).isTrue();
    assertThat(filter.names(DEPLOYMENTS)).isFalse();
  }

  @Test
  void scopedSetsAreJudgedApart() {
    TypeFilter filter =
        filter(
            "{'includedNamespaces':['shop'],'includedClusterScopedResources':['clusterroles'],"
                + "'excludedNamespaceScopedResources':['deploy']}");
    assertThat(collected(filter)).containsExactly("pods", "namespaces", "clusterroles");
    assertThat(admitted(filter))
        .as("with the scoped set only an exclusion keeps a related item out")
        .contains("persistentvolumes");
    assertThat(collected(filter("{'excludedClusterScopedResources':['*']}")))
        .containsExactly("pods", "deployments");
    assertThat(collected(filter("{'excludedNamespaceScopedResources':['*']}")))
        .containsExactly("namespaces");
  }

  @Test
  void aNameThatNoTypeHasDoesNotTurnIntoEverything() {
    assertThat(collected(filter("{'includedResources':['nonsense']}"))).isEmpty();
    assertThat(NAMES.unknown(List.of("nonsense", "po", "*.apps", "*.nowhere", "*")))
        .containsExactly("nonsense", "*.nowhere");
  }

  @ParameterizedTest
  @CsvSource({
    "po,pods",
    "Pod,pods",
    "pods,pods",
    "deploy.apps,deployments.apps",
    "deployment.apps,deployments.apps",
    "deployments.ap,deployments.apps",
    "clusterroles.rbac,clusterroles.rbac.authorization.k8s.io",
    "deployments.batch,",
    "pods.apps,"
  })
  void typesAreFoundByAllTheirNames(String name, String expected) {
    assertThat(NAMES.find(name).map(t -> t.groupResource().toString()))
        .isEqualTo(java.util.Optional.ofNullable(expected));
  }

  @Test
  void wildcardsInTypesMatchTheirFullNames() {
    assertThat(collected(filter("{'includedResources':['*.apps']}")))
        .containsExactly("deployments");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "harb* | harbour,harbour-east",
        "harbou? | harbour",
        "[hl]* | harbour,harbour-east,lighthouse",
        "*-east | harbour-east",
        "zz* | ''",
        "lighthouse | lighthouse"
      })
  void namespaceWildcardsAreResolvedAgainstWhatExists(String pattern, String expected) {
    NamespaceFilter filter =
        NamespaceFilter.of(
            List.of(pattern), null, List.of("harbour", "harbour-east", "lighthouse"), Set.of());
    assertThat(String.join(",", filter.named())).isEqualTo(expected);
    assertThat(filter.matchesNothing()).isEqualTo(expected.isEmpty());
    assertThat(filter.allAtOnce()).isFalse();
  }

  @Test
  void aLabelledNamespaceIsLeftOutAndNothingElseChanges() {
    NamespaceFilter filter =
        NamespaceFilter.of(null, null, List.of("a", "left-out"), Set.of("left-out"));
    assertThat(filter.includes("left-out")).isFalse();
    assertThat(filter.includes("a")).isTrue();
    assertThat(filter.everything()).isTrue();
    assertThat(filter.allAtOnce()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{'includedNamespaces':['{a,b}']} # Invalid included/excluded namespace lists: wildcard pattern contains unsupported characters: |, (, ), !, {, }, ,",
        "{'includedNamespaces':['**']} # Invalid included/excluded namespace lists: wildcard pattern contains consecutive asterisks (only single * allowed)",
        "{'includedNamespaces':['a[']} # Invalid included/excluded namespace lists: wildcard pattern contains unclosed bracket '['",
        "{'includedNamespaces':['a[]']} # Invalid included/excluded namespace lists: wildcard pattern contains empty bracket pattern '[]'",
        "{'includedNamespaces':['a]']} # Invalid included/excluded namespace lists: wildcard pattern contains unmatched closing bracket ']'",
        "{'includedNamespaces':['*','a']} # Invalid included/excluded namespace lists: includes list must either contain '*' only, or a non-empty list of items",
        "{'excludedNamespaces':['*']} # Invalid included/excluded namespace lists: excludes list cannot contain '*'",
        "{'includedResources':['pods'],'excludedResources':['pods']} # Invalid included/excluded resource lists: excludes list cannot contain an item in the includes list: pods",
        "{'includedClusterScopedResources':['a'],'excludedClusterScopedResources':['*']} # Invalid cluster-scoped included/excluded resource lists: when exclude is '*', include cannot have value",
        "{'excludedNamespaceScopedResources':['*','a']} # Invalid namespace-scoped included/excluded resource lists: excludes list must either contain '*' only, or a non-empty list of items",
        "{'labelSelector':{'matchLabels':{'a':'b'}},'orLabelSelectors':[{}]} # encountered labelSelector as well as orLabelSelectors in backup spec, only one can be specified"
      },
      quoteCharacter = '~')
  void contradictionsAreRefusedInVelerosWords(String spec, String message) {
    assertThat(BackupRules.problems(spec(spec))).containsExactly(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'includedNamespaces':['']} | invalid namespace",
        "{'includedNamespaces':['Shop']} | invalid namespace",
        "{'includedResources':['pods'],'excludedClusterScopedResources':['a']} | cannot be used together",
        "{'labelSelector':{'matchLabels':{'a b':'c'}}} | Invalid label selector",
        "{'labelSelector':{'matchExpressions':[{'key':'a','operator':'Near'}]}} | Invalid label selector",
        "{'ttl':'-1h'} | negative"
      },
      quoteCharacter = '~')
  void whatVeleroLetsPassIsRefusedToo(String spec, String part) {
    assertThat(BackupRules.problems(spec(spec))).singleElement().asString().contains(part);
  }

  @Test
  void globsMatchLikeAPlainSearch() {
    Seeded.check(
        2000,
        random -> {
          String pattern = Seeded.text(random, "ab*?", 6);
          String name = Seeded.text(random, "abc", 6);
          assertThat(Glob.compile(pattern).matches(name))
              .as(pattern + " on " + name)
              .isEqualTo(search(pattern, name));
        });
  }

  private static boolean search(String pattern, String name) {
    if (pattern.isEmpty()) {
      return name.isEmpty();
    }
    if (pattern.startsWith("*")) {
      return search(pattern.substring(1), name)
          || !name.isEmpty() && search(pattern, name.substring(1));
    }
    return !name.isEmpty()
        && (pattern.charAt(0) == '?' || pattern.charAt(0) == name.charAt(0))
        && search(pattern.substring(1), name.substring(1));
  }

  @Test
  void namespaceFilterIsTheSetOfIncludesWithoutTheExcludes() {
    List<String> existing = List.of("a", "b", "ab", "aab", "shop-a", "shop-b");
    Seeded.check(
        1000,
        random -> {
          List<String> includes = names(random);
          List<String> excludes = names(random);
          NamespaceFilter filter = NamespaceFilter.of(includes, excludes, existing, Set.of());
          Set<String> expected = new HashSet<>();
          for (String name : existing) {
            boolean in = includes.isEmpty() || includes.stream().anyMatch(p -> search(p, name));
            if (in && excludes.stream().noneMatch(p -> search(p, name))) {
              expected.add(name);
            }
          }
          assertThat(existing.stream().filter(filter::includes))
              .containsExactlyInAnyOrderElementsOf(expected);
          if (!filter.allAtOnce()) {
            assertThat(filter.named().stream().filter(existing::contains))
                .containsExactlyInAnyOrderElementsOf(expected);
          }
        });
  }

  private static List<String> names(RandomGenerator random) {
    List<String> names = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      names.add(Seeded.pick(random, List.of("a", "b", "a*", "shop-?", "*b", "none", "?")));
    }
    return names;
  }
}
