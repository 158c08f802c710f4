/** Looks into stored backups without changing anything: contents, differences, checks. */
@NullMarked
package dev.holdfast.engine.inspect;

import org.jspecify.annotations.NullMarked;
