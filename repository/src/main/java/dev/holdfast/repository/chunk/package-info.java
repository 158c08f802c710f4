/** Content-defined chunking: Rabin fingerprints over a window of 64 bytes. */
@NullMarked
package dev.holdfast.repository.chunk;

import org.jspecify.annotations.NullMarked;
