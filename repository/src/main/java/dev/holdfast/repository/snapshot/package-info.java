/** Snapshots: their files, and how they are found. */
@NullMarked
package dev.holdfast.repository.snapshot;

import org.jspecify.annotations.NullMarked;
