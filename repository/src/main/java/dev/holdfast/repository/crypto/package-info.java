/** Keys, the encryption envelope and key files (restic design, Keys, Encryption and MAC). */
@NullMarked
package dev.holdfast.repository.crypto;

import org.jspecify.annotations.NullMarked;
