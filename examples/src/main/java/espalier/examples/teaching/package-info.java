/**
 * Examples to be read from top to bottom, one file each: {@link espalier.examples.teaching.FirstTensor}, then
 * {@link espalier.examples.teaching.MlpByHand}, {@link espalier.examples.teaching.GradientCheck},
 * {@link espalier.examples.teaching.LenetMnist}, {@link espalier.examples.teaching.ResnetCifar10} and
 * {@link espalier.examples.teaching.SpokenDigits}. Each states what it should find, and fails if it does not.
 */
@org.jspecify.annotations.NullMarked
package espalier.examples.teaching;
