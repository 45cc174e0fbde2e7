/** Networks of the literature, with the parameter counts that were published. Read {@link espalier.nn.model.LeNet}. */
@org.jspecify.annotations.NullMarked
package espalier.nn.model;
