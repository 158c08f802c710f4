/** Locks as restic keeps them, so that neither tool removes what the other one uses. */
@NullMarked
package dev.holdfast.repository.lock;

import org.jspecify.annotations.NullMarked;
