// Elements of packed matrices as floats: out [M, columns], an item to an element. Rows of `codes` begin `pitch` apart.
//
// TYPE   of a code
// SIGNS  a code is a word with the signs of 64 columns, the first in its lowest bit; set for negative ones

kernel void unpack(
    const uint n, const int columns, const int pitch, global const TYPE* codes, global const float* scales,
    global float* out, const int outAt) {
    const uint i = get_global_id(0);
    if (i >= n) {
        return;
    }
    const int row = i / columns;
    const int column = i - row * columns;
#ifdef SIGNS
    const bool negative = codes[row * pitch + column / 64] >> column % 64 & 1;
    out[outAt + i] = negative ? -scales[row] : scales[row];
#else
    out[outAt + i] = scales[row] * codes[row * pitch + column];
#endif
}
