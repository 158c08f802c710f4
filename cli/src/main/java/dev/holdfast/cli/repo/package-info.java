/** {@code holdfast repo}: repositories of volume data, with restic's verbs and flags. */
@NullMarked
package dev.holdfast.cli.repo;

import org.jspecify.annotations.NullMarked;
