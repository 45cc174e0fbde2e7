/**
 * Where the examples' data comes from: embedded, in a folder, or fetched. Read {@link espalier.examples.data.Split}.
 */
@org.jspecify.annotations.NullMarked
package espalier.examples.data;
