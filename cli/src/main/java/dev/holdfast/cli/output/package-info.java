/** How things look: tables, colours, progress, documents. Knows nothing of backups. */
@NullMarked
package dev.holdfast.cli.output;

import org.jspecify.annotations.NullMarked;
