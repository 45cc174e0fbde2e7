// Matrix products for GPUs: out[b] = A[b] x B[b], [M, K] x [K, N], F32; arguments as in panel.cl.
//
// A group of 16 x 16 items computes a square tile, an item WORK x WORK elements of it: 4 x 4 blocks that lie 64 apart, so
// that the items of a row read neighbouring vectors of local memory. While one slice of A and B in local memory is
// multiplied the next is on its way into registers, and is then put into a second buffer: one barrier to a slice.
//
// WORK     4 or 8: tiles of 64 x 64 for small products, of 128 x 128 for large ones
// DEPTH    of a slice: 8, 16 or 32
// WINDOWS  B is the windows of an image (window.cl) instead of a matrix
// BIAS     a number is added to each row
// WEIGHTS  the sum runs over the pixels of images: A is the gradient, [M, image x pixel], B the windows turned round,
//          [image x pixel, N]; a batch entry has the images of one part, and adding up the parts is left to a reduction

#include "axes.cl"
#ifdef WINDOWS
#include "window.cl"
#endif

#define SIDE 16
#define ITEMS (SIDE * SIDE)
#define TILE (SIDE * WORK)
#ifndef DEPTH
#define DEPTH 16
#endif
#define PITCH (TILE + 4) // rows of a slice begin in different banks
#define FETCHED (TILE * DEPTH / ITEMS) // elements of each slice that an item brings: 4

// The element of a slice that an item brings in its turn, counted along the axis that is contiguous in memory.
#define ALONG_DEPTH(e) (int2)((e) / DEPTH, (e) % DEPTH)
#define ALONG_TILE(e) (int2)((e) % TILE, (e) / TILE)

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void tile(
    const int m, const int n, const int most, const uint8 size, global const float* a, const int aAt,
    const int8 aStride, const int aRow, const int aColumn, global const float* b, const int bAt, const int8 bStride,
#ifdef WINDOWS
    const int16 geometry,
#ifdef WEIGHTS
    const int pixels, const int aImage, const int bImage, const int total, const int groups,
#endif
#else
    const int bRow, const int bColumn,
#endif
#ifdef BIAS
    global const float* bias, const int biasAt, const int groups,
#endif
    global float* out, const int outAt) {
    local float aSlice[2][DEPTH * PITCH];
    local float bSlice[2][DEPTH * PITCH];
    const int item = get_local_id(0);
    const int y = item / SIDE * 4;
    const int x = item % SIDE * 4;
    const int row0 = get_group_id(1) * TILE;
    const int column0 = get_group_id(0) * TILE;
    const int batch = get_group_id(2);
    const int8 index = split(batch, size);
    global const float* left = a + aAt + offset(index, aStride);
    global const float* right = b + bAt + offset(index, bStride);
#ifdef WINDOWS
    const Windows windows = windows_of(geometry);
#endif

#ifdef WEIGHTS
    const int depth = min(most, total - batch / groups * most); // the last part may have fewer images
#else
    const int depth = most;
#endif

    float aNext[FETCHED];
    float bNext[FETCHED];
    float sum[WORK][WORK];
    for (int i = 0; i < WORK; i++) {
        for (int j = 0; j < WORK; j++) {
            sum[i][j] = 0;
        }
    }

#define FETCH(k0) \
    for (int l = 0; l < FETCHED; l++) { \
        const int e = item + l * ITEMS; \
        const int2 p = aColumn == 1 ? ALONG_DEPTH(e) : ALONG_TILE(e); \
        const int row = row0 + p.x; \
        aNext[l] = row < m && k0 + p.y < depth ? A_LOAD(row, k0 + p.y) : 0; \
        const int2 q = B_PLACE(e); \
        const int column = column0 + q.x; \
        bNext[l] = column < n && k0 + q.y < depth ? B_LOAD(k0 + q.y, column) : 0; \
    }
#define KEEP(buffer) \
    for (int l = 0; l < FETCHED; l++) { \
        const int e = item + l * ITEMS; \
        const int2 p = aColumn == 1 ? ALONG_DEPTH(e) : ALONG_TILE(e); \
        aSlice[buffer][p.y * PITCH + p.x] = aNext[l]; \
        const int2 q = B_PLACE(e); \
        bSlice[buffer][q.y * PITCH + q.x] = bNext[l]; \
    }
#ifdef WEIGHTS
#define A_LOAD(row, k) left[(row) * aRow + (k) / pixels * aImage + (k) % pixels]
#define B_PLACE(e) ALONG_DEPTH(e)
#define B_LOAD(k, column) windows_load(windows, right + (k) / pixels * bImage, column, (k) % pixels)
#else
#define A_LOAD(row, k) left[(row) * aRow + (k) * aColumn]
#ifdef WINDOWS
#define B_PLACE(e) ALONG_TILE(e)
#define B_LOAD(k, column) windows_load(windows, right, k, column)
#else
#define B_PLACE(e) (bRow == 1 ? ALONG_DEPTH(e) : ALONG_TILE(e))
#define B_LOAD(k, column) right[(k) * bRow + (column) * bColumn]
#endif
#endif

    FETCH(0)
    KEEP(0)
    int buffer = 0;
    for (int k0 = 0; k0 < depth; k0 += DEPTH) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (k0 + DEPTH < depth) {
            FETCH(k0 + DEPTH)
        }
        local const float* aRows = aSlice[buffer];
        local const float* bRows = bSlice[buffer];
        for (int k = 0; k < DEPTH; k++) {
            float u[WORK];
            float v[WORK];
#pragma unroll
            for (int h = 0; h < WORK / 4; h++) {
                vstore4(vload4(0, aRows + k * PITCH + h * 64 + y), h, u);
                vstore4(vload4(0, bRows + k * PITCH + h * 64 + x), h, v);
            }
#pragma unroll
            for (int i = 0; i < WORK; i++) {
#pragma unroll
                for (int j = 0; j < WORK; j++) {
                    sum[i][j] = fma(u[i], v[j], sum[i][j]);
                }
            }
        }
        buffer = 1 - buffer;
        if (k0 + DEPTH < depth) {
            KEEP(buffer)
        }
    }

    for (int i = 0; i < WORK; i++) {
        const int row = row0 + i / 4 * 64 + y + i % 4;
        for (int j = 0; j < WORK; j++) {
            const int column = column0 + j / 4 * 64 + x + j % 4;
            if (row < m && column < n) {
#ifdef BIAS
                sum[i][j] += bias[biasAt + batch % groups * m + row];
#endif
                out[outAt + (batch * m + row) * n + column] = sum[i][j];
            }
        }
    }
}
