package dev.holdfast.sandbox.status;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Json;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Collects what is wrong with an object, in the API's words. */
public final class Violations {

  private static final Set<String> BLOCKING =
      Set.of(
          "FieldValueRequired",
          "FieldValueTooLong",
          "FieldValueTooMany",
          "FieldValueTypeInvalid",
          "FieldValueNotSupported");

  private final List<ApiError.Cause> causes = new ArrayList<>();

  public void required(String field, String detail) {
    add("FieldValueRequired", "Required value" + (detail.isEmpty() ? "" : ": " + detail), field);
  }

  public void invalid(String field, Object value, String detail) {
    add("FieldValueInvalid", "Invalid value: " + show(value) + ": " + detail, field);
  }

  public void forbidden(String field, String detail) {
    add("FieldValueForbidden", "Forbidden: " + detail, field);
  }

  public void notFound(String field, Object value) {
    add("FieldValueNotFound", "Not found: " + show(value), field);
  }

  public void duplicate(String field, Object value) {
    add("FieldValueDuplicate", "Duplicate value: " + show(value), field);
  }

  public void notSupported(String field, Object value, Collection<String> supported) {
    notAmong(field, value, supported.stream().sorted().toList());
  }

  /** The same in the order of a schema. */
  public void notAmong(String field, Object value, List<String> supported) {
    add(
        "FieldValueNotSupported",
        "Unsupported value: "
            + show(value)
            + ": supported values: "
            + supported.stream().map(each -> "\"" + each + "\"").collect(Collectors.joining(", ")),
        field);
  }

  public void tooLong(String field, int most) {
    add("FieldValueTooLong", "Too long: may not be more than " + most + " bytes", field);
  }

  public void tooMany(String field, int actual, long most) {
    add(
        "FieldValueTooMany",
        "Too many: " + actual + ": must have at most " + most + " items",
        field);
  }

  public void wrongType(String field, JsonNode value, String type, String actual) {
    add(
        "FieldValueTypeInvalid",
        "Invalid value: "
            + show(actual)
            + ": "
            + field
            + " in body must be of type "
            + type
            + ": "
            + show(actual),
        field);
  }

  public void add(String reason, String message, String field) {
    causes.add(new ApiError.Cause(reason, message, field));
  }

  public void addAll(Violations others) {
    causes.addAll(others.causes);
  }

  /** Whether something is so wrong that expressions could not make sense of the object. */
  public boolean blocking() {
    return causes.stream().anyMatch(cause -> BLOCKING.contains(cause.reason()));
  }

  public int size() {
    return causes.size();
  }

  public boolean isEmpty() {
    return causes.isEmpty();
  }

  /** As the API shows a value: texts quoted, anything else as JSON. */
  private static String show(Object value) {
    return Json.string(value);
  }

  /** Throws if anything was found. */
  public void check(String group, String kind, String name) {
    if (!causes.isEmpty()) {
      throw error(group, kind, name);
    }
  }

  public ApiError error(String group, String kind, String name) {
    return ApiError.invalid(group, kind, name, causes);
  }
}
