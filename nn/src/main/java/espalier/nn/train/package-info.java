/**
 * Training loops, metrics and checkpoints. {@link espalier.nn.train.Trainer} is a convenience: the loop written out by
 * hand, as the examples have it, is as short.
 */
@org.jspecify.annotations.NullMarked
package espalier.nn.train;
