// Index spaces with up to 4 axes (8 if AXES says so): sizes and strides come innermost first, and a stride of 0 stands
// for an axis along which an operand is read again.

// The index along each axis of the i-th element.
inline int8 split(uint i, uint8 size) {
    int8 index = 0;
#define ALONG(s) { const uint next = i / size.s; index.s = i - next * size.s; i = next; }
    ALONG(s0) ALONG(s1) ALONG(s2) ALONG(s3)
#if AXES > 4
    ALONG(s4) ALONG(s5) ALONG(s6) ALONG(s7)
#endif
    return index;
}

inline int offset(int8 index, int8 stride) {
    int4 sum = index.lo * stride.lo;
#if AXES > 4
    sum += index.hi * stride.hi;
#endif
    return sum.x + sum.y + sum.z + sum.w;
}

// Where the i-th element of an operand lies.
inline int place(uint i, uint8 size, int8 stride) { return offset(split(i, size), stride); }
