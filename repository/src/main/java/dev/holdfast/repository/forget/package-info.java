/** Which snapshots a policy keeps. */
@NullMarked
package dev.holdfast.repository.forget;

import org.jspecify.annotations.NullMarked;
