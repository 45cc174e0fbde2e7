/**
 * Benchmarks: what the kernels reach on this machine, beside what the machine itself can do.
 *
 * <p>Read {@link espalier.examples.bench.Workload} first, then {@link espalier.examples.bench.Stopwatch}. A new family
 * is one class with a list of workloads and one row in {@link espalier.examples.bench.Family}.
 */
@NullMarked
package espalier.examples.bench;

import org.jspecify.annotations.NullMarked;
