/**
 * What a back end implements. Read {@link espalier.tensor.spi.Backend} first, then the enums, whose {@code apply}
 * methods define every elementwise operation.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.spi;
