package dev.holdfast.sandbox.fields;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A set of fields of an object, as a tree of path elements in the form of {@code FieldsV1}: {@code
 * f:name} a field, {@code k:{"name":"a"}} the list element with these keys, {@code v:"a"} an
 * element of a set. A node can be a member itself, have members below it, or both. Mutable.
 */
public final class FieldSet {

  private final TreeMap<String, FieldSet> children = new TreeMap<>();
  private boolean member;

  /** Reads {@code fieldsV1}. */
  public static FieldSet parse(JsonNode json) {
    FieldSet set = new FieldSet();
    for (var entry : json.properties()) {
      if (entry.getKey().equals(".")) {
        set.member = true;
      } else {
        FieldSet child = parse(entry.getValue());
        child.member |= entry.getValue().isEmpty();
        set.children.put(entry.getKey(), child);
      }
    }
    return set;
  }

  /** Writes {@code fieldsV1}. */
  public ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (member && !children.isEmpty()) {
      json.putObject(".");
    }
    children.forEach((element, child) -> json.set(element, child.toJson()));
    return json;
  }

  public boolean isEmpty() {
    return !member && children.values().stream().allMatch(FieldSet::isEmpty);
  }

  /** The node below, made if need be. */
  FieldSet at(String element) {
    return children.computeIfAbsent(element, e -> new FieldSet());
  }

  FieldSet add() {
    member = true;
    return this;
  }

  boolean member() {
    return member;
  }

  Map<String, FieldSet> children() {
    return children;
  }

  /** Whether the set has this very path. */
  boolean has(List<String> path) {
    FieldSet node = this;
    for (String element : path) {
      FieldSet child = node.children.get(element);
      if (child == null) {
        return false;
      }
      node = child;
    }
    return node.member;
  }

  public FieldSet copy() {
    FieldSet copy = new FieldSet();
    copy.member = member;
    children.forEach((element, child) -> copy.children.put(element, child.copy()));
    return copy;
  }

  FieldSet union(FieldSet other) {
    FieldSet result = copy();
    result.addAll(other);
    return result;
  }

  private void addAll(FieldSet other) {
    member |= other.member;
    other.children.forEach((element, child) -> at(element).addAll(child));
  }

  /** The members that are not in the other. */
  FieldSet minus(FieldSet other) {
    FieldSet result = new FieldSet();
    result.member = member && !other.member;
    children.forEach((element, child) -> {
      FieldSet same = other.children.get(element);
      FieldSet left = same == null ? child.copy() : child.minus(same);
      if (!left.isEmpty()) {
        result.children.put(element, left);
      }
    });
    return result;
  }

  /** The members that are in both. */
  FieldSet and(FieldSet other) {
    FieldSet result = new FieldSet();
    result.member = member && other.member;
    children.forEach((element, child) -> {
      FieldSet same = other.children.get(element);
      if (same != null) {
        FieldSet both = child.and(same);
        if (!both.isEmpty()) {
          result.children.put(element, both);
        }
      }
    });
    return result;
  }

  /** Takes out a path with all that is below it. */
  void remove(String... path) {
    FieldSet node = this;
    for (int i = 0; i < path.length - 1; i++) {
      FieldSet child = node.children.get(path[i]);
      if (child == null) {
        return;
      }
      node = child;
    }
    node.children.remove(path[path.length - 1]);
  }

  /** Takes out nodes without members. */
  void prune() {
    children.values().forEach(FieldSet::prune);
    children.values().removeIf(FieldSet::isEmpty);
  }

  /** Every member's path. */
  List<List<String>> paths() {
    List<List<String>> result = new ArrayList<>();
    collect(new ArrayList<>(), result);
    return result;
  }

  private void collect(List<String> path, List<List<String>> into) {
    if (member && !path.isEmpty()) {
      into.add(List.copyOf(path));
    }
    children.forEach((element, child) -> {
      path.add(element);
      child.collect(path, into);
      path.removeLast();
    });
  }

  /** As conflicts name a path: {@code .spec.parts[name="x"].n}. */
  static String text(List<String> path) {
    StringBuilder text = new StringBuilder();
    for (String element : path) {
      String rest = element.substring(2);
      switch (element.charAt(0)) {
        case 'f' -> text.append('.').append(rest);
        case 'v' -> text.append("[=").append(rest).append(']');
        default ->
            text.append('[')
                .append(rest.substring(1, rest.length() - 1).replaceAll("\"([^\"]+)\":", "$1="))
                .append(']');
      }
    }
    return text.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FieldSet set && member == set.member && children.equals(set.children);
  }

  @Override
  public int hashCode() {
    return children.hashCode() * 2 + (member ? 1 : 0);
  }

  @Override
  public String toString() {
    return toJson().toString();
  }
}
