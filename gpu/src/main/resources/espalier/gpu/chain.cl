// Several operations on each element, one after the other in registers; the function itself is written for each chain.

#include "types.cl"
#include "operations.cl"
#include "axes.cl"

#define CHOOSE(c, a, b) ((c) != 0 ? (a) : (b))
#define VECTOR(name) JOIN(TYPE(name), 4)
