/** Whether everything that snapshots need is there and intact, and what to mend if not. */
@NullMarked
package dev.holdfast.repository.check;

import org.jspecify.annotations.NullMarked;
