@NullMarked
package dev.holdfast.sandbox;

import org.jspecify.annotations.NullMarked;
