/**
 * {@code holdfast bench}: Holdfast beside plain clients of the same API server, each in a process
 * of its own, one after the other.
 */
@NullMarked
package dev.holdfast.cli.bench;

import org.jspecify.annotations.NullMarked;
