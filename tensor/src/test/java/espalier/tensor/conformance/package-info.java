/**
 * What every back end must do, as tests: read {@link espalier.tensor.conformance.BackendConformance} first. A family of
 * operations is a file of rows; an oracle is a plain loop in double precision that shares no code with a back end.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.conformance;
