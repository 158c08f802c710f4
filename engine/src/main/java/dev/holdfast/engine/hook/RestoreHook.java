package dev.holdfast.engine.hook;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A command for a restored pod, once its container runs (velero.md 5.9).
 *
 * @param hook the command; its container is never empty
 * @param patience how long its container may take to run; null for as long as the restore has
 *     patience
 * @param ready whether the container must be ready, not only running
 */
public record RestoreHook(Hook hook, @Nullable Duration patience, boolean ready) {}
