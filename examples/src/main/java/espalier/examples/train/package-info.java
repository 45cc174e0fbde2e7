/** Commands that train and judge models. Read {@link espalier.examples.train.Train}. */
@org.jspecify.annotations.NullMarked
package espalier.examples.train;
