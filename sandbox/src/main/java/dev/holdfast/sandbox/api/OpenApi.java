package dev.holdfast.sandbox.api;

import dev.holdfast.sandbox.schema.TypeTable;
import dev.holdfast.sandbox.status.ApiError;
import java.util.List;

/** {@code /openapi/v3}. */
final class OpenApi {

  private OpenApi() {}

  static Response answer(Request request, List<String> path, TypeTable types) {
    throw ApiError.noSuchPath();
  }
}
