// Products with sparse matrices: out[b] = W x B[b] + bias, W [M, K], B [K, N] contiguous, bias [M] (if `biased`), F32.
// With groups, B has a matrix [K, N] for each, and a row of W is multiplied with that of its group.
//
// W is cut into block rows of HEIGHT rows. Blocks pointers[r] to pointers[r + 1] are those of block row r: a column each,
// and HEIGHT values, so that what is loaded of B serves HEIGHT rows. With HEIGHT 1 that is the form of single entries.
//
// WIDTH  columns of an item: 1 where neighbouring items read neighbouring columns (GPUs); 16 or a multiple where an item
//        has vectors (processors), and what is left beside them goes one by one

#define START(row) (biased && (row) < m ? bias[biasAt + (row)] : 0)

// Columns `from` to `from + STRIPS * LANES` of block row r.
#define BLOCK_ROW(V, LANES, STRIPS, GET, PUT) { \
    V sum[HEIGHT * STRIPS]; \
    for (int i = 0; i < HEIGHT * STRIPS; i++) { \
        sum[i] = (V)(START(r * HEIGHT + i / STRIPS)); \
    } \
    for (int e = pointers[r]; e < pointers[r + 1]; e++) { \
        global const float* line = right + columns[e] * n + from; \
        V x[STRIPS]; \
        for (int s = 0; s < STRIPS; s++) { \
            x[s] = GET(line + s * LANES); \
        } \
        for (int i = 0; i < HEIGHT; i++) { \
            const V w = (V)(values[e * HEIGHT + i]); \
            for (int s = 0; s < STRIPS; s++) { \
                sum[i * STRIPS + s] = fma(w, x[s], sum[i * STRIPS + s]); \
            } \
        } \
    } \
    for (int i = 0; i < HEIGHT && r * HEIGHT + i < m; i++) { \
        for (int s = 0; s < STRIPS; s++) { \
            PUT(sum[i * STRIPS + s], to + (r * HEIGHT + i) * n + from + s * LANES); \
        } \
    } \
}

#define GET_ONE(p) *(p)
#define PUT_ONE(v, p) *(p) = v
#define GET_VECTOR(p) vload16(0, p)
#define PUT_VECTOR(v, p) vstore16(v, 0, p)

kernel void sparse(
    const int m, const int n, const int blockRows, const int rowsAnItem, global const int* pointers,
    global const int* columns, global const float* values, global const float* b, const int bAt, const int bBatch,
    const int rowsAGroup, const int bGroup, const int biased, global const float* bias, const int biasAt,
    global float* out, const int outAt) {
    const int first = get_global_id(0) * WIDTH;
    const int batch = get_global_id(2);
    global float* to = out + outAt + batch * m * n;
    const int last = min(blockRows, (int)(get_global_id(1) + 1) * rowsAnItem);
    for (int r = get_global_id(1) * rowsAnItem; r < last; r++) {
        global const float* right = b + bAt + batch * bBatch + r * HEIGHT / rowsAGroup * bGroup;
        int from = first;
#if WIDTH > 1
        if (from + WIDTH <= n) {
            BLOCK_ROW(float16, 16, (WIDTH / 16), GET_VECTOR, PUT_VECTOR)
            continue;
        }
        for (; from + 16 <= n; from += 16) {
            BLOCK_ROW(float16, 16, 1, GET_VECTOR, PUT_VECTOR)
        }
#endif
        for (; from < min(n, first + WIDTH); from++) {
            BLOCK_ROW(float, 1, 1, GET_ONE, PUT_ONE)
        }
    }
}
