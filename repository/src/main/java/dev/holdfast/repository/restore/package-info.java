/** From blobs and trees to files, never outside the target. */
@NullMarked
package dev.holdfast.repository.restore;

import org.jspecify.annotations.NullMarked;
