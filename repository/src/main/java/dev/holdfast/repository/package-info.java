@NullMarked
package dev.holdfast.repository;

import org.jspecify.annotations.NullMarked;
