// Reading and adding at positions that a tensor of indices names along one axis.
//
// X    name of the type of the values; ACC, the type that is added in

#include "types.cl"
#include "axes.cl"

#define SPACE const uint n, const uint8 size
#define INDEX global const int* chosen, const int chosenAt, const int8 chosenStride

// out[i] = x[i, with the index along the axis taken from chosen[i]]; x's stride along the axis is `step`.
kernel void gather(
    SPACE, INDEX, global const TYPE(X)* x, const int xAt, const int8 xStride, const int step, global TYPE(X)* out,
    const int outAt, const int8 outStride) {
    const uint i = get_global_id(0);
    if (i >= n) {
        return;
    }
    const int8 index = split(i, size);
    const int pick = chosen[chosenAt + offset(index, chosenStride)];
    out[outAt + offset(index, outStride)] = x[xAt + offset(index, xStride) + pick * step];
}

#ifdef SCATTER
// into[.., chosen[.., k, ..], ..] += x[.., k, ..] in the order of k. An item owns an element of `into`, so that nothing
// is added by two at once: it looks through its line for those that name it.
kernel void scatter_add(
    SPACE, INDEX, const int chosenStep, global const TYPE(X)* x, const int xAt, const int8 xStride, const int step,
    const int length, global TYPE(X)* into, const int intoAt, const int8 intoStride, const int intoStep,
    const int targets) {
    const uint item = get_global_id(0);
    if (item >= n * targets) {
        return;
    }
    const int target = item % targets;
    const int8 index = split(item / targets, size);
    const int c = chosenAt + offset(index, chosenStride);
    const int from = xAt + offset(index, xStride);
    const int to = intoAt + offset(index, intoStride) + target * intoStep;
    ACC sum = into[to];
    for (int k = 0; k < length; k++) {
        if (chosen[c + k * chosenStep] == target) {
            sum += x[from + k * step];
        }
    }
    STORE(X, into, to, sum);
}
#endif
