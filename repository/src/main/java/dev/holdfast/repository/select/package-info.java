/** Patterns for paths, as restic reads them. */
@NullMarked
package dev.holdfast.repository.select;

import org.jspecify.annotations.NullMarked;
