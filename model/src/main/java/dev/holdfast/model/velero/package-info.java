/**
 * Records for the kinds of {@code velero.io/v1}, as they stand in the API and in a bucket
 * (velero.md section 3).
 */
@NullMarked
package dev.holdfast.model.velero;

import org.jspecify.annotations.NullMarked;
