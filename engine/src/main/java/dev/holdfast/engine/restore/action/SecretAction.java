package dev.holdfast.engine.restore.action;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.model.ItemKey;
import java.util.List;
import java.util.Set;

/**
 * Service account tokens. A token names the ServiceAccount's uid in the old cluster and is signed
 * by it, so it is worth nothing in another: the token controller makes a new one.
 */
final class SecretAction {

  private SecretAction() {}

  static void apply(Draft draft) {
    if (!Fields.text(draft.item, "type").equals("kubernetes.io/service-account-token")) {
      return;
    }
    String account = Fields.annotation(draft.item, "kubernetes.io/service-account.name");
    if (madeByController(draft, account)) {
      draft.skip(
          "token that the control plane made by itself for ServiceAccount "
              + account
              + ": a new one is made where one is needed");
    }
    Fields.remove(
        draft.item, Set.of("kubernetes.io/service-account.uid"), "metadata", "annotations");
    Fields.remove(draft.item, Set.of("token", "ca.crt", "namespace"), "data");
  }

  /** Only tokens that the controller made by itself are listed in the ServiceAccount. */
  private static boolean madeByController(Draft draft, String account) {
    String name = draft.source.name();
    if (account.isEmpty() || !name.startsWith(account + "-token-")) {
      return false;
    }
    ItemKey key = new ItemKey(Types.SERVICE_ACCOUNTS, draft.source.namespace(), account);
    for (ObjectNode secret :
        draft
            .context
            .backup()
            .apply(key)
            .map(found -> Fields.objects(found, "secrets"))
            .orElseGet(List::of)) {
      if (Fields.text(secret, "name").equals(name)) {
        return true;
      }
    }
    return false;
  }
}
