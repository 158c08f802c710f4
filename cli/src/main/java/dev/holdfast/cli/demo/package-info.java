/** {@code holdfast demo}: a cluster, a backup, a disaster, a restore, and the proof. */
@NullMarked
package dev.holdfast.cli.demo;

import org.jspecify.annotations.NullMarked;
