/** Volume data: how it gets out of a cluster into a repository, and back. */
@NullMarked
package dev.holdfast.engine.volume;

import org.jspecify.annotations.NullMarked;
