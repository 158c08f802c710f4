/** Who may do what. */
@NullMarked
package dev.holdfast.sandbox.rbac;

import org.jspecify.annotations.NullMarked;
