/** Modules, parameters and the forward pass. */
@NullMarked
package espalier.nn;

import org.jspecify.annotations.NullMarked;
