package dev.holdfast.sandbox.api;

import dev.holdfast.model.GroupResource;

/** Types that the server itself has to do with. */
public final class Types {
  public static final GroupResource NAMESPACES = new GroupResource("", "namespaces");
  public static final GroupResource SERVICE_ACCOUNTS = new GroupResource("", "serviceaccounts");
  public static final GroupResource CONFIG_MAPS = new GroupResource("", "configmaps");

  private Types() {}
}
