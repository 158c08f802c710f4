/** Which items a backup or restore holds: pure filter semantics (velero.md 4.3, 5.3). */
@NullMarked
package dev.holdfast.engine.select;

import org.jspecify.annotations.NullMarked;
