// Operations along one axis, one work-item to a line: running sums, and where the largest element is.
//
// IN, OUT  names of the types; ACC, the type that is accumulated in

#include "types.cl"
#include "axes.cl"

#define LINE \
    const uint lines, const int length, global const TYPE(IN)* x, const int xAt, const int step, const uint8 size, \
    const int8 stride
#define TARGET global TYPE(OUT)* out, const int outAt, const int8 outStride

#ifdef SUMS
kernel void cumsum(LINE, TARGET, const int outStep) {
    const uint line = get_global_id(0);
    if (line >= lines) {
        return;
    }
    const int8 index = split(line, size);
    const int from = xAt + offset(index, stride);
    const int to = outAt + offset(index, outStride);
    ACC sum = 0;
    for (int k = 0; k < length; k++) {
        sum += LOAD(IN, x, from + k * step);
        STORE(OUT, out, to + k * outStep, sum);
    }
}
#endif

#ifdef LARGEST
#define BEYOND >
#elif defined(SMALLEST)
#define BEYOND <
#endif

#ifdef BEYOND
// The first of equals wins; NaN is beyond all.
kernel void arg_reduce(LINE, TARGET) {
    const uint line = get_global_id(0);
    if (line >= lines) {
        return;
    }
    const int8 index = split(line, size);
    const int from = xAt + offset(index, stride);
    ACC best = LOAD(IN, x, from);
    int at = 0;
    for (int k = 1; k < length; k++) {
        const ACC y = LOAD(IN, x, from + k * step);
        if (y BEYOND best || (y != y && best == best)) {
            best = y;
            at = k;
        }
    }
    out[outAt + offset(index, outStride)] = at;
}
#endif
