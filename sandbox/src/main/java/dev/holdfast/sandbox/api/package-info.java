/** From a request to its answer. */
@NullMarked
package dev.holdfast.sandbox.api;

import org.jspecify.annotations.NullMarked;
