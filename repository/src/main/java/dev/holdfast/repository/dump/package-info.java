/** Content of snapshots as streams: a file, or a directory as a tar archive. */
@NullMarked
package dev.holdfast.repository.dump;

import org.jspecify.annotations.NullMarked;
