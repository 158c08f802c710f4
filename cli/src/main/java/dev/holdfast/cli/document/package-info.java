/** The velero.io documents that flags and {@code -f FILE} make. */
@NullMarked
package dev.holdfast.cli.document;

import org.jspecify.annotations.NullMarked;
