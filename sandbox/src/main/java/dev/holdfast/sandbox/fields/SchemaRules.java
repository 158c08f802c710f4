package dev.holdfast.sandbox.fields;

import dev.holdfast.model.patch.MergeRules;
import dev.holdfast.sandbox.schema.Schema;
import org.jspecify.annotations.Nullable;

/** What a schema says about the lists of its objects, for a strategic merge patch. */
public record SchemaRules(@Nullable Schema schema) implements MergeRules {

  private @Nullable Schema child(String field) {
    return schema == null ? null : schema.child(field);
  }

  @Override
  public @Nullable String key(String list) {
    Schema type = child(list);
    return type == null || type.mergeKey().isEmpty() ? null : type.mergeKey();
  }

  @Override
  public boolean isSet(String list) {
    Schema type = child(list);
    return type != null && type.mergeScalars();
  }

  @Override
  public boolean replaced(String field) {
    Schema type = child(field);
    return type != null && type.replaced();
  }

  @Override
  public MergeRules inside(String field) {
    return new SchemaRules(child(field));
  }

  @Override
  public MergeRules elements(String list) {
    Schema type = child(list);
    return new SchemaRules(type == null ? null : type.element());
  }
}
