/** Snapshots from one repository to another. */
@NullMarked
package dev.holdfast.repository.copy;

import org.jspecify.annotations.NullMarked;
