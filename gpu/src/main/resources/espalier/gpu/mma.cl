// Matrix products on NVIDIA's tensor cores: out[b] = A[b] x B[b]; arguments as in tile.cl. The operands are rounded, to
// tf32 (10 bits after the point, the range of a float) or, with HALVES, to f16; sums are floats.
//
// An instruction multiplies for a warp of 32 items at once: [16, K] x [K, 8], where K is 8 words of 32 bits, each one
// number of tf32 or two neighbouring ones of f16. The items share the matrices: with g = lane / 4 and t = lane % 4 an
// item holds the words (PTX ISA, "Matrix fragments for mma.m16n8k8", and for f16 "mma.m16n8k16", where they are pairs)
//
//     of A  (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4)        of B  (t, g), (t + 4, g)
//     of the result  (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1)
//
// A group has 4 warps for a tile of 64 x 64, a warp a quarter of it. Slices are buffered twice, as in tile.cl.
//
// EMULATED  the instruction in plain OpenCL C, slowly: for tests on other devices
// TURNED    emulated wrongly, with two of an item's rows exchanged: for the test that this is found out

#include "axes.cl"
#ifdef WINDOWS
#include "window.cl"
#endif

#define ITEMS 128
#define TILE 64
#define WORDS 16 // of a slice
#define PITCH (WORDS + 4) // the words of a fragment lie in different banks
#define FETCHED (TILE * WORDS / ITEMS)

#ifdef HALVES
#define EACH 2 // elements of a word
#define INSTRUCTION "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32"
inline uint word(const float x, const float y) {
    uint both;
    vstore_half2_rte((float2)(x, y), 0, (half*)&both);
    return both;
}
inline float product(uint a, uint b) {
    const float2 both = vload_half2(0, (const half*)&a) * vload_half2(0, (const half*)&b);
    return both.x + both.y;
}
#else
#define EACH 1
#define INSTRUCTION "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"
// To the nearest; infinities and NaN stay.
inline uint word(const float x, const float unused) {
    const uint bits = as_uint(x);
    return (bits & 0x7f800000) == 0x7f800000 ? bits : (bits + 0x1000) & 0xffffe000;
}
inline float product(uint a, uint b) { return as_float(a) * as_float(b); }
#endif

#ifdef EMULATED
#define MULTIPLY(c, a, b) emulate(c, a, b, shared)
inline void emulate(float* c, const uint* a, const uint* b, local uint (*shared)[6]) {
    const int item = get_local_id(0);
    const int lane = item % 32;
    for (int i = 0; i < 6; i++) {
        shared[item][i] = i < 4 ? a[i] : b[i - 4];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < 4; i++) {
#ifdef TURNED
        const int row = lane / 4 + (1 - i / 2) * 8;
#else
        const int row = lane / 4 + i / 2 * 8;
#endif
        const int column = lane % 4 * 2 + i % 2;
        for (int k = 0; k < 8; k++) {
            const uint x = shared[item - lane + row % 8 * 4 + k % 4][row / 8 + k / 4 * 2];
            const uint y = shared[item - lane + column * 4 + k % 4][4 + k / 4];
            c[i] += product(x, y);
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
}
#else
#define MULTIPLY(c, a, b) \
    asm volatile(INSTRUCTION " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
        : "+f"((c)[0]), "+f"((c)[1]), "+f"((c)[2]), "+f"((c)[3]) \
        : "r"((a)[0]), "r"((a)[1]), "r"((a)[2]), "r"((a)[3]), "r"((b)[0]), "r"((b)[1]))
#endif

#define A_LOAD(row, k) ((row) < m && (k) < depth ? left[(row) * aRow + (k) * aColumn] : 0)
#ifdef WINDOWS
#define B_LOAD(k, column) ((column) < n && (k) < depth ? windows_load(windows, right, k, column) : 0)
#else
#define B_LOAD(k, column) ((column) < n && (k) < depth ? right[(k) * bRow + (column) * bColumn] : 0)
#endif

// The word of a slice, (line, place in it), that an item brings in its turn.
#define ALONG_DEPTH(e) (int2)((e) / WORDS, (e) % WORDS)
#define ALONG_TILE(e) (int2)((e) % TILE, (e) / TILE)

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void mma(
    const int m, const int n, const int depth, const uint8 size, global const float* a, const int aAt,
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
    local uint aSlice[2][TILE * PITCH];
    local uint bSlice[2][TILE * PITCH];
#ifdef EMULATED
    local uint shared[ITEMS][6];
#endif
    const int item = get_local_id(0);
    const int g = item % 32 / 4;
    const int t = item % 4;
    const int y = item / 64 * 32; // of the warp's quarter
    const int x = item / 32 % 2 * 32;
    const int row0 = get_global_id(1) * TILE;
    const int column0 = get_group_id(0) * TILE;
    const int batch = get_global_id(2);
    const int8 index = split(batch, size);
    global const float* left = a + aAt + offset(index, aStride);
    global const float* right = b + bAt + offset(index, bStride);
#ifdef WINDOWS
    const Windows windows = windows_of(geometry);
#endif
    uint aNext[FETCHED];
    uint bNext[FETCHED];
    float sum[2][4][4]; // fragments of 16 x 8, their items' four elements
#pragma unroll
    for (int i = 0; i < 2 * 4 * 4; i++) {
        sum[i / 16][i / 4 % 4][i % 4] = 0;
    }

    int buffer = 1;
    for (int k0 = -WORDS; k0 * EACH < depth; k0 += WORDS) { // counted in words
        const int next = k0 + WORDS;
        barrier(CLK_LOCAL_MEM_FENCE);
        if (next * EACH < depth) {
#pragma unroll
            for (int l = 0; l < FETCHED; l++) {
                const int e = item + l * ITEMS;
                const int2 p = A_ALONG(e);
                const int ak = (next + p.y) * EACH;
                aNext[l] = word(A_LOAD(row0 + p.x, ak), A_LOAD(row0 + p.x, ak + 1));
                const int2 q = B_ALONG(e);
                const int bk = (next + q.y) * EACH;
                bNext[l] = word(B_LOAD(bk, column0 + q.x), B_LOAD(bk + 1, column0 + q.x));
            }
        }
        if (k0 >= 0) {
#pragma unroll
            for (int k = 0; k < WORDS; k += 8) {
                uint u[2][4];
                uint v[4][2];
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    local const uint* from = aSlice[buffer] + (y + 16 * i + g) * PITCH + k + t;
                    u[i][0] = from[0];
                    u[i][1] = from[8 * PITCH];
                    u[i][2] = from[4];
                    u[i][3] = from[8 * PITCH + 4];
                }
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    local const uint* from = bSlice[buffer] + (x + 8 * j + g) * PITCH + k + t;
                    v[j][0] = from[0];
                    v[j][1] = from[4];
                }
#pragma unroll
                for (int i = 0; i < 2; i++) {
#pragma unroll
                    for (int j = 0; j < 4; j++) {
                        MULTIPLY(sum[i][j], u[i], v[j]);
                    }
                }
            }
        }
        buffer = 1 - buffer;
        if (next * EACH < depth) {
#pragma unroll
            for (int l = 0; l < FETCHED; l++) {
                const int e = item + l * ITEMS;
                const int2 p = A_ALONG(e);
                aSlice[buffer][p.x * PITCH + p.y] = aNext[l];
                const int2 q = B_ALONG(e);
                bSlice[buffer][q.x * PITCH + q.y] = bNext[l];
            }
        }
    }

    global float* to = out + outAt + batch * m * n;
#pragma unroll
    for (int i = 0; i < 2; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                const int row = row0 + y + 16 * i + g + e / 2 * 8;
                const int column = column0 + x + 8 * j + 2 * t + e % 2;
                if (row < m && column < n) {
#ifdef BIAS
                    sum[i][j][e] += bias[biasAt + batch % groups * m + row];
#endif
                    to[row * n + column] = sum[i][j][e];
                }
            }
        }
    }
}
