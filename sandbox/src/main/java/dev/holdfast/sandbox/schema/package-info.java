/** What the server serves and what it knows of each type. */
@NullMarked
package dev.holdfast.sandbox.schema;

import org.jspecify.annotations.NullMarked;
