// What the device itself can do. LANES: floats of a vector, 1 on most GPUs.

#if LANES == 1
typedef float V;
#define SUM(x) (x)
#elif LANES == 4
typedef float4 V;
#define SUM(x) ((x).s0 + (x).s1 + (x).s2 + (x).s3)
#elif LANES == 8
typedef float8 V;
#define SUM(x) ((x).s0 + (x).s1 + (x).s2 + (x).s3 + (x).s4 + (x).s5 + (x).s6 + (x).s7)
#endif

// Ten chains of multiply-adds that live in registers: more than a multiply-add takes cycles times those that start in one.
kernel void multiply_adds(const int steps, const float factor, const float term, global float* out) {
    const V a = (V)factor;
    const V b = (V)term;
    V x0 = (V)(get_global_id(0));
    V x1 = x0 + 1, x2 = x0 + 2, x3 = x0 + 3, x4 = x0 + 4, x5 = x0 + 5, x6 = x0 + 6, x7 = x0 + 7, x8 = x0 + 8, x9 = x0 + 9;
    for (int i = 0; i < steps; i++) {
        x0 = fma(x0, a, b);
        x1 = fma(x1, a, b);
        x2 = fma(x2, a, b);
        x3 = fma(x3, a, b);
        x4 = fma(x4, a, b);
        x5 = fma(x5, a, b);
        x6 = fma(x6, a, b);
        x7 = fma(x7, a, b);
        x8 = fma(x8, a, b);
        x9 = fma(x9, a, b);
    }
    const V sum = x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9;
    out[get_global_id(0)] = SUM(sum);
}

kernel void copy(global const float4* from, global float4* to) {
    to[get_global_id(0)] = from[get_global_id(0)];
}
