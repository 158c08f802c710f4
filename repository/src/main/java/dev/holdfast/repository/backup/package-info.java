/** From files to blobs and trees: walk, read, chunk, hash. Knows no key. */
@NullMarked
package dev.holdfast.repository.backup;

import org.jspecify.annotations.NullMarked;
