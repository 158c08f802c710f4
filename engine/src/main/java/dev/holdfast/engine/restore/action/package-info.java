/**
 * What a restore changes in an item before it is created: pure functions on JSON trees, in Velero's
 * order. {@link dev.holdfast.engine.restore.action.ItemTransform} is the entry.
 */
@NullMarked
package dev.holdfast.engine.restore.action;

import org.jspecify.annotations.NullMarked;
