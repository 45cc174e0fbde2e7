// Reductions in two passes: each chunk of each output is folded into a partial result, then the partial results are.
// The chunks depend on shapes only, so the same input gives the same bits.
//
// IN, OUT   names of the types; ACC, the type that is accumulated in; LEAST and MOST, its ends; FLOATING, if it has NaN
// ONE_RUN   all elements of an output are one run: then no element needs a division to be found
// OP        how one more element is folded in; AGAIN, how two partial results are

#include "types.cl"
#include "axes.cl"

#define LANES 8 // accumulators of an item: independent sums hide the latency of an addition

#define FOLD_SUM(so, x) ((so) + (x))
#define FOLD_SUM_OF_SQUARES(so, x) ((so) + (x) * (x))
#define FOLD_PROD(so, x) ((so) * (x))
#define FOLD_MIN(so, x) smaller(so, x)
#define FOLD_MAX(so, x) larger(so, x)
#define FOLD_ANY(so, x) ((so) | ((x) != 0))
#define FOLD_ALL(so, x) ((so) & ((x) != 0))
#define FOLD_COUNT_NONZERO(so, x) ((so) + ((x) != 0))

#define FROM_SUM 0
#define FROM_SUM_OF_SQUARES 0
#define FROM_PROD 1
#define FROM_MIN MOST
#define FROM_MAX LEAST
#define FROM_ANY 0
#define FROM_ALL 1
#define FROM_COUNT_NONZERO 0

#ifdef FLOATING
inline ACC smaller(ACC a, ACC b) { return a != a || a < b || (a == b && signbit(a)) ? a : b; } // -0 is less than 0
inline ACC larger(ACC a, ACC b) { return a != a || a > b || (a == b && !signbit(a)) ? a : b; }
#else
inline ACC smaller(ACC a, ACC b) { return a < b ? a : b; }
inline ACC larger(ACC a, ACC b) { return a > b ? a : b; }
#endif

// The kept axes are one index space, the reduced ones another: its innermost axis is a run of `length` elements.
#define SOURCE \
    global const TYPE(IN)* x, const int xAt, const uint8 keptSize, const int8 keptStride, const uint length, \
    const int step, const uint8 runSize, const int8 runStride
#define TARGET const uint total, const uint chunk, const uint chunks, global TYPE(OUT)* out, const int outAt

// One item folds one chunk. Neighbouring items have neighbouring outputs.
kernel void fold_item(const uint outputs, SOURCE, TARGET) {
    const uint item = get_global_id(0);
    if (item >= outputs * chunks) {
        return;
    }
    const uint output = item % outputs;
    const uint part = item / outputs;
    const uint end = min(total, (part + 1) * chunk);
    uint r = part * chunk;
    const int base = xAt + place(output, keptSize, keptStride);
    ACC lane[LANES];
    for (int l = 0; l < LANES; l++) {
        lane[l] = JOIN(FROM_, OP);
    }
    while (r < end) {
        const uint within = r % length;
        const uint count = min(length - within, end - r);
        int at = base + place(r / length, runSize, runStride) + (int)within * step;
        uint k = 0;
        if (step == 1) {
            for (; k + LANES <= count; k += LANES) {
#pragma unroll
                for (int l = 0; l < LANES; l++) {
                    lane[l] = JOIN(FOLD_, OP)(lane[l], LOAD(IN, x, at + k + l));
                }
            }
        }
        for (; k < count; k++) {
            lane[0] = JOIN(FOLD_, OP)(lane[0], LOAD(IN, x, at + (int)k * step));
        }
        r += count;
    }
    for (int width = LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            lane[l] = JOIN(FOLD_, AGAIN)(lane[l], lane[l + width]);
        }
    }
    STORE(OUT, out, outAt + output * chunks + part, lane[0]);
}

#ifdef GROUP
// One group folds one chunk: neighbouring items read neighbouring elements, then a tree joins them.
kernel void fold_group(const uint outputs, SOURCE, TARGET) {
    local ACC shared[GROUP];
    const uint item = get_local_id(0);
    const uint output = get_group_id(0) / chunks;
    const uint part = get_group_id(0) % chunks;
    const uint end = min(total, (part + 1) * chunk);
    const int base = xAt + place(output, keptSize, keptStride);
    ACC so = JOIN(FROM_, OP);
    for (uint r = part * chunk + item; r < end; r += GROUP) {
#ifdef ONE_RUN
        const int at = base + (int)r * step;
#else
        const int at = base + place(r / length, runSize, runStride) + (int)(r % length) * step;
#endif
        so = JOIN(FOLD_, OP)(so, LOAD(IN, x, at));
    }
    shared[item] = so;
    for (uint width = GROUP / 2; width > 0; width /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < width) {
            shared[item] = JOIN(FOLD_, AGAIN)(shared[item], shared[item + width]);
        }
    }
    if (item == 0) {
        STORE(OUT, out, outAt + get_group_id(0), shared[0]);
    }
}
#endif
