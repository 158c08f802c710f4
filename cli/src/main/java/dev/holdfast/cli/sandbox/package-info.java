/** {@code holdfast sandbox}. */
@NullMarked
package dev.holdfast.cli.sandbox;

import org.jspecify.annotations.NullMarked;
