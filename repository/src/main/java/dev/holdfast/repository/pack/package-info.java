/** Pack files: blobs, header, length. */
@NullMarked
package dev.holdfast.repository.pack;

import org.jspecify.annotations.NullMarked;
