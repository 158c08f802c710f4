/** Removes data that no snapshot needs. */
@NullMarked
package dev.holdfast.repository.prune;

import org.jspecify.annotations.NullMarked;
