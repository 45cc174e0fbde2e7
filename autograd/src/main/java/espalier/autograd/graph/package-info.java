/** Pictures of the graph that a result was made by: a listing for the terminal, DOT for Graphviz, and SVG. */
@NullMarked
package espalier.autograd.graph;

import org.jspecify.annotations.NullMarked;
