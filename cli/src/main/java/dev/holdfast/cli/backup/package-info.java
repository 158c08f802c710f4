/** {@code holdfast backup}. */
@NullMarked
package dev.holdfast.cli.backup;

import org.jspecify.annotations.NullMarked;
