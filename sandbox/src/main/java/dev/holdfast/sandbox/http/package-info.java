/** HTTPS, certificates, and the faults that tests ask for. */
@NullMarked
package dev.holdfast.sandbox.http;

import org.jspecify.annotations.NullMarked;
