/** Tar streams (POSIX.1-2001 pax, ustar, GNU long names), byte for byte. */
@NullMarked
package dev.holdfast.repository.tar;

import org.jspecify.annotations.NullMarked;
