/** The verbs of {@code holdfast volume}: the volumes of a backup, and single files of them. */
@NullMarked
package dev.holdfast.cli.volume;

import org.jspecify.annotations.NullMarked;
