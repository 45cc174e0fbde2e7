// out[i] = OP(a[i], b[i], c[i]): one work-item to an element. A loop inside the item is slower on every device.
//
// ARITY         operands, 0 to 3; with NUMBER the second is a number and not memory
// OUT, A, B, C  names of their types; T, the type that is computed with
// AXES          0 where all operands are runs without gaps; else 4 or 8: sizes and strides, innermost axis first

#include "types.cl"
#include "operations.cl"
#include "axes.cl"

#define CHOOSE(c, a, b) ((c) != 0 ? (a) : (b))

#if AXES == 0
#define SPACE
#define STRIDE(x)
#define INDEX const uint index = i;
#define AT(x) (x##At + index)
#else
#define SPACE , const uint8 size
#define STRIDE(x) , const int8 x##Stride
#define INDEX const int8 index = split(i, size);
#define AT(x) (x##At + offset(index, x##Stride))
#endif

#define OUTPUT const uint n SPACE, global TYPE(OUT)* out, const int outAt STRIDE(out)
#define OPERAND(x, X) , global const TYPE(X)* x, const int x##At STRIDE(x)
#define BEGIN const uint i = get_global_id(0); if (i >= n) return; INDEX

#if ARITY == 0
kernel void map(OUTPUT, const T number) {
    BEGIN
    STORE(OUT, out, AT(out), number);
}
#elif ARITY == 1
kernel void map(OUTPUT OPERAND(a, A)) {
    BEGIN
    const T x = LOAD(A, a, AT(a));
    STORE(OUT, out, AT(out), OP(x));
}
#elif defined(NUMBER)
kernel void map(OUTPUT OPERAND(a, A), const T number) {
    BEGIN
    const T x = LOAD(A, a, AT(a));
    STORE(OUT, out, AT(out), OP(x, number));
}
#elif ARITY == 2
kernel void map(OUTPUT OPERAND(a, A) OPERAND(b, B)) {
    BEGIN
    const T x = LOAD(A, a, AT(a));
    const T y = LOAD(B, b, AT(b));
    STORE(OUT, out, AT(out), OP(x, y));
}
#else
kernel void map(OUTPUT OPERAND(a, A) OPERAND(b, B) OPERAND(c, C)) {
    BEGIN
    const T x = LOAD(B, b, AT(b));
    const T y = LOAD(C, c, AT(c));
    STORE(OUT, out, AT(out), OP(LOAD(A, a, AT(a)), x, y));
}
#endif
