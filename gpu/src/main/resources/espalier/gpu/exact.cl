// Products of whole numbers, exact: out [M, N] = W x B, ints. An item has ROWS rows and LANES columns: 1 column where
// neighbouring items read neighbouring columns (GPUs), more where an item has vectors (processors); what is left beside
// them goes one by one.

#define ROWS 4

#define GET_ONE(p) *(p)
#define PUT_ONE(v, p) *(p) = v

#if LANES == 16
#define VECTOR(type) type##16
#define GET_VECTOR(p) vload16(0, p)
#define PUT_VECTOR(v, p) vstore16(v, 0, p)
#define INTS(v) convert_int16(v)
#define SHORTS(v) convert_short16(v)
#elif LANES == 8
#define VECTOR(type) type##8
#define GET_VECTOR(p) vload8(0, p)
#define PUT_VECTOR(v, p) vstore8(v, 0, p)
#define INTS(v) convert_int8(v)
#define SHORTS(v) convert_short8(v)
#endif

#if LANES == 1
#define ALL_COLUMNS(ONE, MANY) \
    if (first < n) { \
        const int from = first; \
        ONE \
    }
#else
#define ALL_COLUMNS(ONE, MANY) \
    if (first + LANES <= n) { \
        const int from = first; \
        MANY \
    } else { \
        for (int from = first; from < n; from++) { \
            ONE \
        } \
    }
#endif

// Codes: W [M, pitch / 4] in fours of bytes, zeros after column K; B [K, N] bytes. A code is at least -127, so that the
// sum of two products fits into 16 bits: 2 * 127 * 128 < 2^15.
#define FOUR_CODES(INT, SHORT, GET, PUT, TO_SHORT, TO_INT) { \
    INT sum[ROWS]; \
    for (int i = 0; i < ROWS; i++) { \
        sum[i] = 0; \
    } \
    for (int k = 0; k < depth; k += 4) { \
        SHORT x[4]; \
        for (int l = 0; l < 4; l++) { \
            x[l] = TO_SHORT(GET(b + bAt + min(k + l, depth - 1) * n + from)); \
        } \
        for (int i = 0; i < ROWS; i++) { \
            const char4 w = codes[min(row + i, m - 1) * pitch + k / 4]; \
            const SHORT low = (SHORT)(x[0] * (SHORT)w.s0 + x[1] * (SHORT)w.s1); \
            const SHORT high = (SHORT)(x[2] * (SHORT)w.s2 + x[3] * (SHORT)w.s3); \
            sum[i] += TO_INT(low) + TO_INT(high); \
        } \
    } \
    for (int i = 0; i < ROWS && row + i < m; i++) { \
        PUT(sum[i], out + outAt + (row + i) * n + from); \
    } \
}

kernel void multiply_codes(
    const int m, const int n, const int depth, const int pitch, global const char4* codes, global const char* b,
    const int bAt, global int* out, const int outAt) {
    const int first = get_global_id(0) * LANES;
    const int row = get_global_id(1) * ROWS;
    ALL_COLUMNS(
        FOUR_CODES(int, short, GET_ONE, PUT_ONE, (short), (int)),
        FOUR_CODES(VECTOR(int), VECTOR(short), GET_VECTOR, PUT_VECTOR, SHORTS, INTS))
}

// Signs: W [M, words], and B [words, N], 64 signs to a word. Equal signs count 1 and others -1.
#define SIGNS(WORD, INT, GET, PUT, TO_INT) { \
    WORD different[ROWS]; \
    for (int i = 0; i < ROWS; i++) { \
        different[i] = 0; \
    } \
    for (int k = 0; k < words; k++) { \
        const WORD x = GET(b + k * n + from); \
        for (int i = 0; i < ROWS; i++) { \
            different[i] += popcount((WORD)w[min(row + i, m - 1) * words + k] ^ x); \
        } \
    } \
    for (int i = 0; i < ROWS && row + i < m; i++) { \
        PUT(depth - 2 * TO_INT(different[i]), out + outAt + (row + i) * n + from); \
    } \
}

kernel void multiply_signs(
    const int m, const int n, const int depth, const int words, global const ulong* w, global const ulong* b,
    global int* out, const int outAt) {
    const int first = get_global_id(0) * LANES;
    const int row = get_global_id(1) * ROWS;
    ALL_COLUMNS(
        SIGNS(ulong, int, GET_ONE, PUT_ONE, (int)),
        SIGNS(VECTOR(ulong), VECTOR(int), GET_VECTOR, PUT_VECTOR, INTS))
}
