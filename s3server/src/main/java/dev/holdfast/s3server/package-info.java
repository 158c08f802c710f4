@NullMarked
package dev.holdfast.s3server;

import org.jspecify.annotations.NullMarked;
