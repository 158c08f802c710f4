/**
 * Simulated nodes: what a scheduler, a provisioner, the workload controllers and kubelets do, with
 * processes and directories of this machine.
 */
@NullMarked
package dev.holdfast.sandbox.node;

import org.jspecify.annotations.NullMarked;
