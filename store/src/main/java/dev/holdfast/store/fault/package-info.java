/** Object stores that fail as real ones do, for tests and rehearsals. */
@NullMarked
package dev.holdfast.store.fault;

import org.jspecify.annotations.NullMarked;
