/**
 * A network as a list of operations, read from what autograd records in one forward pass. Surgery and inference start
 * here. Read {@link espalier.sparsity.graph.Network}.
 */
@NullMarked
package espalier.sparsity.graph;

import org.jspecify.annotations.NullMarked;
