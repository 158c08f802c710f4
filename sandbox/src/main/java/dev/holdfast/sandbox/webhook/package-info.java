/** Admission webhooks: which are asked, how, and what becomes of their answers. */
@NullMarked
package dev.holdfast.sandbox.webhook;

import org.jspecify.annotations.NullMarked;
