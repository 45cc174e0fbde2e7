/**
 * Commands that make a network smaller, and tell how much. Read {@link espalier.examples.compress.Recipe} first: a text
 * that names the stages a network goes through; then {@link espalier.examples.compress.Stage} and any of its classes.
 */
@org.jspecify.annotations.NullMarked
package espalier.examples.compress;
