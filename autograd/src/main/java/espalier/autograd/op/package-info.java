/**
 * The operations of networks: convolution, pooling, normalization, losses, and what pruning needs. Static methods that
 * take variables and give variables; each stands with its gradient.
 */
@NullMarked
package espalier.autograd.op;

import org.jspecify.annotations.NullMarked;
