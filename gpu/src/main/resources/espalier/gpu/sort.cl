// Merge sort of rows: runs of width 1, 2, 4, ... are merged two by two. Each element finds its place by a binary search
// in the run beside its own; where values are equal the left run goes first, so the order of equals is kept.
//
// X  name of the type of the values; DESCENDING, largest first

#include "types.cl"

#define NUMBER TYPE(X)

// Whether a comes before b for certain. NaN comes last either way.
inline int before(NUMBER a, NUMBER b) {
    if (b != b) {
        return a == a;
    }
#ifdef DESCENDING
    return a > b;
#else
    return a < b;
#endif
}

kernel void number(const uint n, const int length, global int* indices, const int at) {
    const uint i = get_global_id(0);
    if (i < n) {
        indices[at + i] = i % length;
    }
}

kernel void merge(
    const uint n, const int length, const int width, global const NUMBER* from, const int fromAt,
    global const int* fromIndices, const int fromIndicesAt, global NUMBER* to, const int toAt, global int* toIndices,
    const int toIndicesAt) {
    const uint i = get_global_id(0);
    if (i >= n) {
        return;
    }
    const int row = i / length * length;
    const int k = i - row;
    const int run = k / width;
    const int left = (run & ~1) * width;
    const int mine = run * width;
    const int isRight = run & 1;
    const NUMBER x = from[fromAt + i];
    // The elements of the other run that come before x: on the left, equal ones too.
    int low = min(length, isRight ? left : mine + width);
    const int start = low;
    int high = min(length, low + width);
    while (low < high) {
        const int middle = (low + high) / 2;
        const NUMBER y = from[fromAt + row + middle];
        if (isRight ? !before(x, y) : before(y, x)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const int place = row + left + (k - mine) + (low - start);
    to[toAt + place] = x;
    toIndices[toIndicesAt + place] = fromIndices[fromIndicesAt + i];
}
