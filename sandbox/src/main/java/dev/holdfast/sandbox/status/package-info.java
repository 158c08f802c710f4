/** Errors as the API says them. */
@NullMarked
package dev.holdfast.sandbox.status;

import org.jspecify.annotations.NullMarked;
