/** Variables and the engine that differentiates them. */
@NullMarked
package espalier.autograd;

import org.jspecify.annotations.NullMarked;
