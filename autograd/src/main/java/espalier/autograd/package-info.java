/**
 * Variables and the engine that differentiates them.
 *
 * <p>Read {@link espalier.autograd.Variable} first, then one family of operations, say
 * {@link espalier.autograd.Arithmetic}: each method is an operation's value and its gradients. Then
 * {@link espalier.autograd.Node} and the engine, a sort and a loop. {@link espalier.autograd.Autograd} has the
 * settings, {@link espalier.autograd.Checkpoint} trades time for memory. The operations of networks are in
 * {@code espalier.autograd.op}, the check of gradients in {@code espalier.autograd.check}, drawings in
 * {@code espalier.autograd.graph}.
 *
 * <p>To add an operation: one method with value and edges, and a row in the test {@code GradientTest}, which fails
 * until it is there.
 */
@NullMarked
package espalier.autograd;

import org.jspecify.annotations.NullMarked;
