/**
 * Layers. Read {@link espalier.nn.layer.Linear} first: a layer makes its parameters in the constructor, reads them with
 * {@code get()} in {@code forward}, and that is all.
 */
@org.jspecify.annotations.NullMarked
package espalier.nn.layer;
