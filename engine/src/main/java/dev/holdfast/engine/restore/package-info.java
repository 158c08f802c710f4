/**
 * Restore: open → select → order → plan, or apply in waves → publish. Reads backups of Velero and
 * of Holdfast. What becomes of one item is decided in {@code restore.action}.
 */
@NullMarked
package dev.holdfast.engine.restore;

import org.jspecify.annotations.NullMarked;
