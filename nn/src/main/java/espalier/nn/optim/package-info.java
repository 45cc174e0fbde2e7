/**
 * Optimizers and learning-rate schedules. Read {@link espalier.nn.optim.Sgd} first: what it does to one parameter is
 * four lines.
 */
@org.jspecify.annotations.NullMarked
package espalier.nn.optim;
