/** The check that a gradient is what the difference of two values says it is: for the operations here and for yours. */
@NullMarked
package espalier.autograd.check;

import org.jspecify.annotations.NullMarked;
