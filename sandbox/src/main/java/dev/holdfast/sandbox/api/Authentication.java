package dev.holdfast.sandbox.api;

import dev.holdfast.sandbox.rbac.Attributes;
import dev.holdfast.sandbox.rbac.Authorizer;
import dev.holdfast.sandbox.rbac.Caller;
import dev.holdfast.sandbox.rbac.Tokens;
import dev.holdfast.sandbox.status.ApiError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who asks: by bearer token, or as whom they act by impersonation. */
final class Authentication {

  private final Tokens tokens;
  private final Authorizer authorizer;

  Authentication(Tokens tokens, Authorizer authorizer) {
    this.tokens = tokens;
    this.authorizer = authorizer;
  }

  Caller caller(Request request) {
    String header = request.header("authorization");
    if (header == null) {
      return Caller.ANONYMOUS;
    }
    Caller caller =
        header.regionMatches(true, 0, "Bearer ", 0, 7)
            ? tokens.caller(header.substring(7).strip())
            : null;
    if (caller == null) {
      throw ApiError.unauthorized();
    }
    return impersonated(request, caller);
  }

  private Caller impersonated(Request request, Caller caller) {
    String user = request.header("impersonate-user");
    List<String> groups = request.headers().getOrDefault("impersonate-group", List.of());
    if (user == null) {
      if (!groups.isEmpty()) {
        throw ApiError.internal(
            "requested [{ Group  " + groups.getFirst() + "  }] without impersonating a user");
      }
      return caller;
    }
    if (user.startsWith(Caller.SERVICE_ACCOUNT) && user.split(":", -1).length == 4) {
      String[] parts = user.split(":", -1);
      require(caller, new Attributes("impersonate", "", "serviceaccounts", parts[2], parts[3], ""));
      Caller account = Caller.serviceAccount(parts[2], parts[3], "", Map.of());
      return groups.isEmpty() ? account : withGroups(caller, user, groups, request);
    }
    require(caller, new Attributes("impersonate", "", "users", "", user, ""));
    return withGroups(caller, user, groups, request);
  }

  private Caller withGroups(Caller caller, String user, List<String> groups, Request request) {
    List<String> all = new ArrayList<>(groups);
    for (String group : groups) {
      require(caller, new Attributes("impersonate", "", "groups", "", group, ""));
    }
    if (!all.contains(Caller.AUTHENTICATED) && !user.equals(Caller.ANONYMOUS.user())) {
      all.add(Caller.AUTHENTICATED);
    }
    Map<String, List<String>> extra = new HashMap<>();
    request
        .headers()
        .forEach((name, values) -> {
          if (name.startsWith("impersonate-extra-")) {
            extra.put(name.substring("impersonate-extra-".length()), values);
          }
        });
    String uid = request.header("impersonate-uid");
    return new Caller(user, uid == null ? "" : uid, all, extra);
  }

  private void require(Caller caller, Attributes wanted) {
    if (!authorizer.allows(caller, wanted)) {
      throw ApiError.forbidden(
          "",
          wanted.resource(),
          wanted.name(),
          wanted.resource() + " \"" + wanted.name() + "\" is forbidden: " + wanted.refusal(caller));
    }
  }
}
