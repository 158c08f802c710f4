/** Snapshots and locks. */
@NullMarked
package dev.holdfast.repository.snapshot;

import org.jspecify.annotations.NullMarked;
