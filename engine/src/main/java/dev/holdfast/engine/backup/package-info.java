/**
 * A backup, stage by stage: select, collect, relate, archive, publish; and the backups of a
 * location.
 */
@NullMarked
package dev.holdfast.engine.backup;

import org.jspecify.annotations.NullMarked;
