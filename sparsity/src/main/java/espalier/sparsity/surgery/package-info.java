/**
 * Cutting channels out of a network, so that it is smaller and faster and computes the same. Read
 * {@link espalier.sparsity.surgery.Surgeon}, then {@code Wiring}: which indices must go together.
 */
@NullMarked
package espalier.sparsity.surgery;

import org.jspecify.annotations.NullMarked;
