/** Commands that are run in containers around a backup or a restore, as Velero's hooks are. */
@NullMarked
package dev.holdfast.engine.hook;

import org.jspecify.annotations.NullMarked;
