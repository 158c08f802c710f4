/** The three ways to patch an object that Kubernetes knows; pure, on JSON trees. */
@NullMarked
package dev.holdfast.model.patch;

import org.jspecify.annotations.NullMarked;
