/** The verbs of {@code holdfast image}: the container image that mover pods run. */
@NullMarked
package dev.holdfast.cli.image;

import org.jspecify.annotations.NullMarked;
