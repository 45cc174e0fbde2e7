// Matrix products of any type and layout, one item to an element of the result: the plain one that the fast ones are
// held to.
//
// X    name of the type; ACC, the type that is accumulated in

#include "types.cl"
#include "axes.cl"

kernel void product(
    const uint batches, const uint8 size, const int m, const int n, const int k, global const TYPE(X)* a, const int aAt,
    const int8 aStride, const int aRow, const int aColumn, global const TYPE(X)* b, const int bAt, const int8 bStride,
    const int bRow, const int bColumn, global TYPE(X)* out, const int outAt) {
    const uint item = get_global_id(0);
    if (item >= batches * m * n) {
        return;
    }
    const int column = item % n;
    const int row = item / n % m;
    const int8 batch = split(item / n / m, size);
    int p = aAt + offset(batch, aStride) + row * aRow;
    int q = bAt + offset(batch, bStride) + column * bColumn;
    ACC sum = 0;
    for (int l = 0; l < k; l++) {
        sum += (ACC)a[p] * (ACC)b[q];
        p += aColumn;
        q += bRow;
    }
    STORE(X, out, outAt + item, sum);
}
