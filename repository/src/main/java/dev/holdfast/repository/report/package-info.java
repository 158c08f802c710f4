/** What repositories and snapshots hold, counted and compared. */
@NullMarked
package dev.holdfast.repository.report;

import org.jspecify.annotations.NullMarked;
