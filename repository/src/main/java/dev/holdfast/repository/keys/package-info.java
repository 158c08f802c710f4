/** The passwords of a repository. */
@NullMarked
package dev.holdfast.repository.keys;

import org.jspecify.annotations.NullMarked;
