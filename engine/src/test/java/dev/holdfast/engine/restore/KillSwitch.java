package dev.holdfast.engine.restore;

import dev.holdfast.cluster.Cluster;
import dev.holdfast.model.Failure;
import dev.holdfast.store.ObjectStore;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets a number of calls to cluster and store through; the last one takes effect, but its caller
 * never learns of it, and from then on everything fails: what a killed process leaves behind.
 */
final class KillSwitch {

  private static final Set<String> LOCAL =
      Set.of("describe", "close", "capabilities", "toString", "hashCode", "equals");

  private static final Set<String> WRITES = Set.of("create", "update", "patch", "delete", "exec");

  private final AtomicInteger left;
  private final boolean writesOnly;
  private volatile boolean struck;

  KillSwitch(int calls) {
    this(calls, false);
  }

  private KillSwitch(int calls, boolean writesOnly) {
    this.left = new AtomicInteger(calls);
    this.writesOnly = writesOnly;
  }

  /** One that counts only what changes a cluster: for runs that also wait for it. */
  static KillSwitch ofWrites(int calls) {
    return new KillSwitch(calls, true);
  }

  /** Whether it came to that. */
  boolean struck() {
    return struck;
  }

  Cluster on(Cluster cluster) {
    return wrap(Cluster.class, cluster);
  }

  ObjectStore on(ObjectStore store) {
    return wrap(ObjectStore.class, store);
  }

  private <T> T wrap(Class<T> type, T target) {
    InvocationHandler handler =
        (_, method, arguments) -> {
          boolean counts = !LOCAL.contains(method.getName());
          if (counts && struck) {
            throw new Failure.Unreachable("killed", null, null);
          }
          counts &= !writesOnly || WRITES.contains(method.getName());
          int remaining = counts ? left.decrementAndGet() : 1;
          if (remaining < 0) {
            throw new Failure.Unreachable("killed", null, null);
          }
          Object result;
          try {
            result = method.invoke(target, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          } finally {
            if (remaining == 0) {
              struck = true;
            }
          }
          if (remaining == 0) {
            throw new Failure.Unreachable("killed", null, null);
          }
          return result;
        };
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
