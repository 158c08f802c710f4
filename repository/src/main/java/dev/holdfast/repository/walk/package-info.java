/** Walking through the trees of a snapshot. */
@NullMarked
package dev.holdfast.repository.walk;

import org.jspecify.annotations.NullMarked;
