/** JMH benchmarks of the loops that bound what the commands reach. */
@NullMarked
package dev.holdfast.bench;

import org.jspecify.annotations.NullMarked;
