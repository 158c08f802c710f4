/** Which blob lies where: index files and the table in memory. */
@NullMarked
package dev.holdfast.repository.index;

import org.jspecify.annotations.NullMarked;
