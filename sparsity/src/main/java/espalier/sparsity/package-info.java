/** What all compression methods share. */
@NullMarked
package espalier.sparsity;

import org.jspecify.annotations.NullMarked;
