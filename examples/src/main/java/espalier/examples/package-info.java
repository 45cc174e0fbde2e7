/** The command line of the examples. */
@NullMarked
package espalier.examples;

import org.jspecify.annotations.NullMarked;
