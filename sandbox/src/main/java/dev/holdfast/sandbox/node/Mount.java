package dev.holdfast.sandbox.node;

import java.nio.file.Path;

/**
 * A volume as a container sees it.
 *
 * @param source a directory or file of this machine
 * @param path absolute, in the container
 */
record Mount(Path source, String path, boolean readOnly) {}
