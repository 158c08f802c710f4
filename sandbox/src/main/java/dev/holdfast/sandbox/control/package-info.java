/** What the controller manager does in a real cluster. */
@NullMarked
package dev.holdfast.sandbox.control;

import org.jspecify.annotations.NullMarked;
