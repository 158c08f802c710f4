/**
 * What the file API of Java lacks, over libc: raw names, directory-relative access that follows no
 * link, metadata. Linux, 64 bit.
 */
@NullMarked
package dev.holdfast.repository.posix;

import org.jspecify.annotations.NullMarked;
