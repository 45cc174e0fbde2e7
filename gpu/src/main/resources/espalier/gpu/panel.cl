// Matrix products for processors: out[b] = A[b] x B[b], [M, K] x [K, N], F32.
//
// A work-item owns 16 columns. It packs DEPTH rows of them into memory of its own, where they stay in the first cache,
// and multiplies them with 6 rows of A at a time: 6 accumulators of 16 floats fill the registers of a processor with
// 8 lanes. No local memory and no barrier: those are what makes GPU kernels slow here.
//
// WINDOWS  B is the windows of an image (window.cl) instead of a matrix; RUN, how many neighbouring columns are
//          neighbours in memory too (16, 8, 4 or 1)
// INSIDE   no window reaches beyond the image, and all that is left of packing are loads and stores
// BIAS     a number is added to each row

#include "axes.cl"
#ifdef WINDOWS
#include "window.cl"
#endif

#define ROWS 6
#define WIDTH 16
#ifndef DEPTH
#define DEPTH 256
#endif

#ifdef WINDOWS

#if RUN == 16
#define LOAD_RUN(p) vload16(0, p)
#define IN_ROW(v, x, width) \
    select((float16)0, v, ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) + x >= 0) \
        & ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) + x < width))
#define STORE_RUN(v, p) vstore16((float16)(v), 0, p)
#elif RUN == 8
#define LOAD_RUN(p) vload8(0, p)
#define IN_ROW(v, x, width) \
    select((float8)0, v, ((int8)(0, 1, 2, 3, 4, 5, 6, 7) + x >= 0) \
        & ((int8)(0, 1, 2, 3, 4, 5, 6, 7) + x < width))
#define STORE_RUN(v, p) vstore8((float8)(v), 0, p)
#elif RUN == 4
#define LOAD_RUN(p) vload4(0, p)
#define IN_ROW(v, x, width) \
    select((float4)0, v, ((int4)(0, 1, 2, 3) + x >= 0) \
        & ((int4)(0, 1, 2, 3) + x < width))
#define STORE_RUN(v, p) vstore4((float4)(v), 0, p)
#else
#define LOAD_RUN(p) *(p)
#define STORE_RUN(v, p) *(p) = (v)
#endif

#ifdef INSIDE
// Rows `first` to `first + count` of the columns from `column`; beyond the last column others again.
inline void pack(float* to, const Windows w, global const float* image, int first, int count, int column, int n) {
    int place[WIDTH / RUN];
    for (int j = 0; j < WIDTH / RUN; j++) {
        const int at = min(column + j * RUN, n - RUN);
        const int2 t = (int2)(at / w.columns, at % w.columns) * w.scale + w.origin;
        place[j] = t.x * w.width + t.y;
    }
    int2 tap = (int2)(first % w.taps / w.tapsX, first % w.tapsX);
    global const float* plane = image + first / w.taps * w.height * w.width;
    for (int k = 0; k < count; k++) {
        global const float* from = plane + tap.x * w.step.x * w.width + tap.y * w.step.y;
        for (int j = 0; j < WIDTH / RUN; j++) {
            STORE_RUN(LOAD_RUN(from + place[j]), to + k * WIDTH + j * RUN);
        }
        if (++tap.y == w.tapsX) {
            tap.y = 0;
            if (++tap.x * w.tapsX == w.taps) {
                tap.x = 0;
                plane += w.height * w.width;
            }
        }
    }
}
#else
// Rows `first` to `first + count` of the columns from `column`.
inline void pack(float* to, const Windows w, global const float* image, int first, int count, int column, int n) {
    int2 place[WIDTH / RUN];
    for (int j = 0; j < WIDTH / RUN; j++) {
        const int at = min(column + j * RUN, n - 1);
        place[j] = (int2)(at / w.columns, at % w.columns) * w.scale + w.origin;
    }
    int channel = first / w.taps;
    int2 tap = (int2)(first % w.taps / w.tapsX, first % w.tapsX);
    global const float* plane = image + channel * w.height * w.width;
    const int tapsY = w.taps / w.tapsX;
    for (int k = 0; k < count; k++) {
        for (int j = 0; j < WIDTH / RUN; j++) {
            const int2 t = place[j] + tap * w.step;
#if RUN > 1
            if (t.x >= 0 && t.x < w.height && t.y >= 0 && t.y + RUN <= w.width) {
                STORE_RUN(LOAD_RUN(plane + t.x * w.width + t.y), to + k * WIDTH + j * RUN);
                continue;
            }
            if (t.x < 0 || t.x >= w.height || t.y + RUN <= 0 || t.y >= w.width) {
                STORE_RUN(0, to + k * WIDTH + j * RUN);
                continue;
            }
            const int at = t.x * w.width + t.y;
            if (at >= 0 && at + RUN <= w.height * w.width) { // the run ends in other rows of the plane
                STORE_RUN(IN_ROW(LOAD_RUN(plane + at), t.y, w.width), to + k * WIDTH + j * RUN);
                continue;
            }
#endif
            for (int l = 0; l < RUN; l++) {
                to[k * WIDTH + j * RUN + l] = windows_at(w, plane, (int2)(t.x, t.y + l));
            }
        }
        if (++tap.y == w.tapsX) {
            tap.y = 0;
            if (++tap.x == tapsY) {
                tap.x = 0;
                plane += w.height * w.width;
            }
        }
    }
}

#endif

#else

inline void pack(
    float* to, global const float* b, const int bRow, const int bColumn, int first, int count, int column, int n) {
    const int width = min(WIDTH, n - column);
    global const float* from = b + first * bRow + column * bColumn;
    if (bColumn == 1 && width == WIDTH) {
        for (int k = 0; k < count; k++) {
            vstore16(vload16(0, from + k * bRow), k, to);
        }
        return;
    }
    for (int j = 0; j < WIDTH; j++) {
        global const float* line = from + min(j, width - 1) * bColumn; // columns beyond the last are not stored
        for (int k = 0; k < count; k++) {
            to[k * WIDTH + j] = line[k * bRow];
        }
    }
}

#endif

inline void finish(float16 sum, global float* to, int width) {
    if (width == WIDTH) {
        vstore16(sum, 0, to);
        return;
    }
    float each[WIDTH];
    vstore16(sum, 0, each);
    for (int j = 0; j < width; j++) {
        to[j] = each[j];
    }
}

inline float16 begin(global const float* from, int width) {
    if (width == WIDTH) {
        return vload16(0, from);
    }
    float each[WIDTH];
    for (int j = 0; j < WIDTH; j++) {
        each[j] = j < width ? from[j] : 0;
    }
    return vload16(0, each);
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void panel(
    const int m, const int n, const int depth, const int rows, const uint8 size, global const float* a, const int aAt,
    const int8 aStride, const int aRow, const int aColumn, global const float* b, const int bAt, const int8 bStride,
#ifdef WINDOWS
    const int16 geometry,
#else
    const int bRow, const int bColumn,
#endif
#ifdef BIAS
    global const float* bias, const int biasAt, const int groups,
#endif
    global float* out, const int outAt) {
    const int column = get_global_id(0) * WIDTH;
    const int firstRow = get_global_id(1) * rows;
    const int lastRow = min(m, firstRow + rows);
    const int batch = get_global_id(2);
    const int8 index = split(batch, size);
    const int width = min(WIDTH, n - column);
    global const float* left = a + aAt + offset(index, aStride);
    global const float* right = b + bAt + offset(index, bStride);
    global float* to = out + outAt + batch * m * n + column;
#ifdef WINDOWS
    const Windows windows = windows_of(geometry);
#endif
    float packed[DEPTH * WIDTH];
    for (int k0 = 0; k0 == 0 || k0 < depth; k0 += DEPTH) {
        const int count = min(DEPTH, depth - k0);
#ifdef WINDOWS
        pack(packed, windows, right, k0, count, column, n);
#else
        pack(packed, right, bRow, bColumn, k0, count, column, n);
#endif
        for (int row = firstRow; row < lastRow; row += ROWS) {
            const int last = lastRow - 1 - row;
#define START(i) \
    global const float* a##i = left + (row + min(i, last)) * aRow + k0 * aColumn; \
    float16 c##i = 0;
            START(0) START(1) START(2) START(3) START(4) START(5)
            if (k0 > 0) {
#define RESUME(i) c##i = begin(to + (row + min(i, last)) * n, width);
                RESUME(0) RESUME(1) RESUME(2) RESUME(3) RESUME(4) RESUME(5)
            }
#ifdef BIAS
            else {
                global const float* add = bias + biasAt + batch % groups * m + row;
#define ADD(i) c##i = add[min(i, last)];
                ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5)
            }
#endif
            for (int k = 0; k < count; k++) {
                const float16 y = vload16(k, packed);
                const int at = k * aColumn;
#define STEP(i) c##i = fma((float16)(a##i[at]), y, c##i);
                STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)
            }
#define END(i) if (i <= last) finish(c##i, to + (row + i) * n, width);
            END(0) END(1) END(2) END(3) END(4) END(5)
        }
    }
}
