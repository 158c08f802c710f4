/** Who owns which field: managed fields, server-side apply, and the other patches. */
@NullMarked
package dev.holdfast.sandbox.fields;

import org.jspecify.annotations.NullMarked;
