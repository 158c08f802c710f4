package dev.holdfast.sandbox.rbac;

import java.util.List;
import java.util.Map;

/**
 * Who asks.
 *
 * @param uid empty for none
 * @param extra what else authentication found out
 */
public record Caller(
    String user, String uid, List<String> groups, Map<String, List<String>> extra) {

  public static final String MASTERS = "system:masters";
  public static final String AUTHENTICATED = "system:authenticated";
  public static final String SERVICE_ACCOUNT = "system:serviceaccount:";

  public static final Caller ANONYMOUS =
      new Caller("system:anonymous", List.of("system:unauthenticated"));

  /** The sandbox itself, where it does what a controller would do. */
  public static final Caller SYSTEM = new Caller("system:apiserver", List.of(MASTERS));

  public Caller {
    groups = List.copyOf(groups);
    extra = Map.copyOf(extra);
  }

  public Caller(String user, List<String> groups) {
    this(user, "", groups, Map.of());
  }

  public boolean master() {
    return groups.contains(MASTERS);
  }

  /** What groups a service account belongs to. */
  public static Caller serviceAccount(
      String namespace, String name, String uid, Map<String, List<String>> extra) {
    return new Caller(
        SERVICE_ACCOUNT + namespace + ":" + name,
        uid,
        List.of("system:serviceaccounts", "system:serviceaccounts:" + namespace, AUTHENTICATED),
        extra);
  }
}
