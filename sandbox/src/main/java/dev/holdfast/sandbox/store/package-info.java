/** The stored objects: bytes by type and key, versions, and what changed. */
@NullMarked
package dev.holdfast.sandbox.store;

import org.jspecify.annotations.NullMarked;
