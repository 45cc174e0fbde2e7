/**
 * Data sets and batches. Read {@link espalier.nn.data.Dataset}, then {@link espalier.nn.data.DataLoader}; each file
 * format is one class that makes a {@code Dataset}.
 */
@org.jspecify.annotations.NullMarked
package espalier.nn.data;
