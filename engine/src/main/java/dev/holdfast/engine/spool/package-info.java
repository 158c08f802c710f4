/** The scratch file that holds items while a run works on them. */
@NullMarked
package dev.holdfast.engine.spool;

import org.jspecify.annotations.NullMarked;
