/** Where backups are kept: the configuration file, {@code --location}, {@code backup-location}. */
@NullMarked
package dev.holdfast.cli.location;

import org.jspecify.annotations.NullMarked;
