/** Trees and nodes, byte for byte as Go writes them. */
@NullMarked
package dev.holdfast.repository.tree;

import org.jspecify.annotations.NullMarked;
