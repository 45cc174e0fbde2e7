// Matrix products for GPUs: out[b] = A[b] x B[b], [M, K] x [K, N], F32; arguments as in panel.cl.
//
// A group of 16 x 16 items computes a square tile, an item WORK x WORK elements of it: 4 x 4 blocks that lie 64 apart, so
// that the items of a row read neighbouring vectors of local memory. While one slice of A and B in local memory is
// multiplied the next is on its way into registers, and is then put into a second buffer: one barrier to a slice.
//
// WORK     4 or 8: tiles of 64 x 64 for small products, of 128 x 128 for large ones
// DEPTH    of a slice: 8, 16 or 32
// A_ALONG, B_ALONG  the axis of a slice along which neighbouring items fetch: the one that is contiguous in memory
// WHOLE    all tiles and slices are full, and rows of A, B and the result are runs of whole vectors: no guards, and four
//          elements at a time
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

// The element of a slice that an item brings in its turn, counted along one axis.
#define ALONG_DEPTH(e) (int2)((e) / DEPTH, (e) % DEPTH)
#define ALONG_TILE(e) (int2)((e) % TILE, (e) / TILE)

// An address that is a multiple of 16 bytes. Of vload4 a compiler knows only that it is one of 4, and loads one by one.
#define LOCAL_VECTOR(p) (*(local float4*)(p))
#define GLOBAL_VECTOR(p) (*(global float4*)(p))

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
    local float aSlice[2][DEPTH * PITCH] __attribute__((aligned(16)));
    local float bSlice[2][DEPTH * PITCH] __attribute__((aligned(16)));
    const int item = get_local_id(0);
    const int y = item / SIDE * 4;
    const int x = item % SIDE * 4;
    const int row0 = get_global_id(1) * TILE;
    const int column0 = get_group_id(0) * TILE;
    const int batch = get_global_id(2);
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

    // Arrays that live in registers: every index must be known when the kernel is compiled, so every loop is unrolled.
    float sum[WORK][WORK];
#pragma unroll
    for (int i = 0; i < WORK; i++) {
#pragma unroll
        for (int j = 0; j < WORK; j++) {
            sum[i][j] = 0;
        }
    }

#ifdef WHOLE
#define VECTORS (FETCHED / 4)
    float4 aNext[VECTORS];
    float4 bNext[VECTORS];
#else
    float aNext[FETCHED];
    float bNext[FETCHED];
#endif
#ifdef WEIGHTS
#define A_LOAD(row, k) left[(row) * aRow + (k) / pixels * aImage + (k) % pixels]
#define B_LOAD(k, column) windows_load(windows, right + (k) / pixels * bImage, column, (k) % pixels)
#else
#define A_LOAD(row, k) left[(row) * aRow + (k) * aColumn]
#ifdef WINDOWS
#define B_LOAD(k, column) windows_load(windows, right, k, column)
#else
#define B_LOAD(k, column) right[(k) * bRow + (column) * bColumn]
#endif
#endif

    int buffer = 1;
    for (int k0 = -DEPTH; k0 < depth; k0 += DEPTH) { // before the first slice there is only one to fetch
        const int next = k0 + DEPTH;
        barrier(CLK_LOCAL_MEM_FENCE);
        if (next < depth) {
#ifdef WHOLE
#pragma unroll
            for (int l = 0; l < VECTORS; l++) {
                const int e = item + l * ITEMS;
                aNext[l] = GLOBAL_VECTOR(left + (row0 + e / (DEPTH / 4)) * aRow + next + e % (DEPTH / 4) * 4);
                bNext[l] = GLOBAL_VECTOR(right + (next + e / (TILE / 4)) * bRow + column0 + e % (TILE / 4) * 4);
            }
#else
#pragma unroll
            for (int l = 0; l < FETCHED; l++) {
                const int e = item + l * ITEMS;
                const int2 p = A_ALONG(e);
                const int row = row0 + p.x;
                aNext[l] = row < m && next + p.y < depth ? A_LOAD(row, next + p.y) : 0;
                const int2 q = B_ALONG(e);
                const int column = column0 + q.x;
                bNext[l] = column < n && next + q.y < depth ? B_LOAD(next + q.y, column) : 0;
            }
#endif
        }
        if (k0 >= 0) {
            local const float* aRows = aSlice[buffer];
            local const float* bRows = bSlice[buffer];
            for (int k = 0; k < DEPTH; k++) {
                float u[WORK];
                float v[WORK];
#pragma unroll
                for (int h = 0; h < WORK / 4; h++) {
                    vstore4(LOCAL_VECTOR(aRows + k * PITCH + h * 64 + y), h, u);
                    vstore4(LOCAL_VECTOR(bRows + k * PITCH + h * 64 + x), h, v);
                }
#pragma unroll
                for (int i = 0; i < WORK; i++) {
#pragma unroll
                    for (int j = 0; j < WORK; j++) {
                        sum[i][j] = fma(u[i], v[j], sum[i][j]);
                    }
                }
            }
        }
        buffer = 1 - buffer;
        if (next < depth) {
#ifdef WHOLE
#pragma unroll
            for (int l = 0; l < VECTORS; l++) {
                const int e = item + l * ITEMS;
                local float* to = aSlice[buffer] + e % (DEPTH / 4) * 4 * PITCH + e / (DEPTH / 4);
                to[0] = aNext[l].s0;
                to[PITCH] = aNext[l].s1;
                to[2 * PITCH] = aNext[l].s2;
                to[3 * PITCH] = aNext[l].s3;
                LOCAL_VECTOR(bSlice[buffer] + e / (TILE / 4) * PITCH + e % (TILE / 4) * 4) = bNext[l];
            }
#else
#pragma unroll
            for (int l = 0; l < FETCHED; l++) {
                const int e = item + l * ITEMS;
                const int2 p = A_ALONG(e);
                aSlice[buffer][p.y * PITCH + p.x] = aNext[l];
                const int2 q = B_ALONG(e);
                bSlice[buffer][q.y * PITCH + q.x] = bNext[l];
            }
#endif
        }
    }

    global float* to = out + outAt + batch * m * n;
#pragma unroll
    for (int i = 0; i < WORK; i++) {
        const int row = row0 + i / 4 * 64 + y + i % 4;
        if (row >= m) {
            continue;
        }
#pragma unroll
        for (int h = 0; h < WORK / 4; h++) {
            const int column = column0 + h * 64 + x;
            float4 four = vload4(h, sum[i]);
#ifdef BIAS
            four += bias[biasAt + batch % groups * m + row];
#endif
#ifdef WHOLE
            GLOBAL_VECTOR(to + row * n + column) = four;
#else
#define PUT(j, s) if (column + j < n) to[row * n + column + j] = four.s;
            PUT(0, s0) PUT(1, s1) PUT(2, s2) PUT(3, s3)
#endif
        }
    }
}
