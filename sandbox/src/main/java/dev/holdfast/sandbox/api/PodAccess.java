package dev.holdfast.sandbox.api;

import dev.holdfast.sandbox.store.Stored;

/** What only the node of a pod can answer: {@code log}, {@code exec}. */
@FunctionalInterface
public interface PodAccess {

  /**
   * @param target names the pod and the subresource
   * @throws dev.holdfast.sandbox.status.ApiError if it cannot be done
   */
  Response answer(Request request, Target target, Stored pod);
}
