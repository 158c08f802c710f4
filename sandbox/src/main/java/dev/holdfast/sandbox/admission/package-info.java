/**
 * What happens to an object between its request and the store: decoded, given defaults, admitted,
 * validated.
 */
@NullMarked
package dev.holdfast.sandbox.admission;

import org.jspecify.annotations.NullMarked;
