// The operations on one and on two numbers, as macros over the computing type T. FLOATING is defined for T = float or
// double. NaN passes through comparisons, as Java's Math has it.

#pragma OPENCL FP_CONTRACT OFF

#ifdef FLOATING
#define WRAP(x) (x)
#else
#define WRAP(x) ((ulong)(x)) // unsigned numbers wrap around, where an overflow of signed ones would be undefined
#endif

#define UNARY_COPY(x) (x)
#define UNARY_NEG(x) ((T)(-WRAP(x)))
#define UNARY_ABS(x) absolute(x)
#define UNARY_SIGN(x) signum(x)
#define UNARY_EXP(x) exp(x)
#define UNARY_LOG(x) log(x)
#define UNARY_SQRT(x) sqrt(x)
#define UNARY_RSQRT(x) rsqrt(x)
#define UNARY_RECIPROCAL(x) ((T)1 / (x))
#define UNARY_SQUARE(x) ((T)(WRAP(x) * WRAP(x)))
#define UNARY_SIGMOID(x) sigmoid(x)
#define UNARY_TANH(x) tanh(x)
#define UNARY_RELU(x) ((x) <= 0 ? (T)0 : (x))
#define UNARY_GELU(x) ((x) * normal(x))
#define UNARY_SILU(x) ((x) == -INFINITY ? (T)0 : (x) * sigmoid(x))
#define UNARY_SOFTPLUS(x) (fmax(x, (T)0) + log1p(exp(-fabs(x))))
#define UNARY_FLOOR(x) whole(x)
#define UNARY_ROUND(x) nearest(x)
#define UNARY_ERF(x) erf(x)
#define UNARY_NOT(x) ((x) == 0)

#define BINARY_ADD(a, b) ((T)(WRAP(a) + WRAP(b)))
#define BINARY_SUB(a, b) ((T)(WRAP(a) - WRAP(b)))
#define BINARY_MUL(a, b) ((T)(WRAP(a) * WRAP(b)))
#define BINARY_DIV(a, b) quotient(a, b)
#define BINARY_POW(a, b) power(a, b)
#define BINARY_MIN(a, b) smaller(a, b)
#define BINARY_MAX(a, b) larger(a, b)
#define BINARY_EQ(a, b) ((a) == (b))
#define BINARY_NE(a, b) ((a) != (b))
#define BINARY_LT(a, b) ((a) < (b))
#define BINARY_LE(a, b) ((a) <= (b))
#define BINARY_GT(a, b) ((a) > (b))
#define BINARY_GE(a, b) ((a) >= (b))
#define BINARY_AND(a, b) ((a) != 0 && (b) != 0)
#define BINARY_OR(a, b) ((a) != 0 || (b) != 0)
#define BINARY_XOR(a, b) (((a) != 0) != ((b) != 0))
#define BINARY_SOFT_THRESHOLD(a, b) soft_threshold(a, b)
#define BINARY_RELU_GRADIENT(g, y) ((y) > 0 ? (g) : (T)0)
#define BINARY_SIGMOID_GRADIENT(g, y) ((g) * (y) * ((T)1 - (y)))
#define BINARY_TANH_GRADIENT(g, y) ((g) * one_minus_square(y))
#define BINARY_GELU_GRADIENT(g, x) ((g) * (normal(x) + (x) * density(x)))
#define BINARY_SILU_GRADIENT(g, x) ((g) * sigmoid(x) * ((T)1 + (x) * ((T)1 - sigmoid(x))))

#ifdef FLOATING

inline T absolute(T x) { return fabs(x); }
inline T signum(T x) { return x > 0 ? (T)1 : x < 0 ? (T)-1 : x; } // 0 keeps its sign, NaN stays
inline T whole(T x) { return floor(x); }
inline T nearest(T x) { return rint(x); }
inline T quotient(T a, T b) { return a / b; }
inline T smaller(T a, T b) { return a != a || a < b || (a == b && signbit(a)) ? a : b; } // -0 is less than 0
inline T larger(T a, T b) { return a != a || a > b || (a == b && !signbit(a)) ? a : b; }
inline T above(T x) { return x <= 0 ? (T)0 : x; }
inline T soft_threshold(T a, T b) { return signum(a) * above(fabs(a) - b); }

// C takes 1 for pow(1, NaN) and pow(-1, infinity); Java has no answer to them.
inline T power(T a, T b) {
    return b != b || (fabs(a) == 1 && isinf(b)) ? (T)NAN : pow(a, b);
}

// The exponential is never of a positive number.
inline T sigmoid(T x) {
    T e = exp(-fabs(x));
    return (x >= 0 ? (T)1 : e) / ((T)1 + e);
}

// Where y is near 1, rounding its square would leave few digits of an F32 result.
inline T one_minus_square(T y) {
#ifdef SINGLE
    return fma(-y, y, (T)1);
#else
    return 1 - y * y;
#endif
}

inline T density(T x) { return (T)0.3989422804014327 * exp((T)-0.5 * x * x); }

#ifdef SINGLE
#define ROOT 0.70710677f // of one half, rounded
#define ROOT_REST 1.2101617e-8f // what is missing
#else
#define ROOT 0.70710678118654757
#define ROOT_REST -4.8336466567264567e-17
#endif

// The distribution function of the normal distribution. Far to the left, where the derivative of erfc(z) is about
// -2z erfc(z), the rounding of z is made good.
inline T normal(T x) {
    const T z = -ROOT * x;
    const T lost = fma(-ROOT, x, -z) - ROOT_REST * x;
    const T tail = (T)0.5 * erfc(z);
    return z > 1 && z < 30 ? fma(tail * -2 * z, lost, tail) : tail;
}

#else

inline T absolute(T x) { return x < 0 ? (T)(-WRAP(x)) : x; }
inline T signum(T x) { return (x > 0) - (x < 0); }
inline T whole(T x) { return x; }
inline T nearest(T x) { return x; }
inline T smaller(T a, T b) { return a < b ? a : b; }
inline T larger(T a, T b) { return a > b ? a : b; }

// A processor traps on a division by 0 and on one that overflows.
inline T quotient(T a, T b) { return b == 0 ? (T)0 : b == -1 ? (T)(-WRAP(a)) : (T)(a / b); }

// By repeated squaring. A negative exponent is the reciprocal, cut towards zero.
inline T power(T a, T b) {
    if (b < 0) {
        return a == 1 || (a == -1 && (b & 1) == 0) ? (T)1 : a == -1 ? (T)-1 : (T)0;
    }
    ulong result = 1;
    ulong square = WRAP(a);
    for (ulong bits = WRAP(b); bits != 0; bits >>= 1) {
        result *= bits & 1 ? square : 1;
        square *= square;
    }
    return (T)result;
}

// In 64 bits, so that |a| fits.
inline T soft_threshold(T a, T b) {
    const long size = (long)(a < 0 ? -WRAP(a) : WRAP(a));
    const long rest = max((long)(WRAP(size) - WRAP(b)), 0L);
    return (T)(a > 0 ? rest : a < 0 ? -rest : 0);
}

#endif
