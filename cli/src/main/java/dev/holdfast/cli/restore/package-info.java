/** {@code holdfast restore}. */
@NullMarked
package dev.holdfast.cli.restore;

import org.jspecify.annotations.NullMarked;
