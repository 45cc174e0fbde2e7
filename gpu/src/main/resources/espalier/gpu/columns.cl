// The windows of images (window.cl), stored: out [image, row, column], an item to an element.

#include "window.cl"

kernel void columns(
    const uint n, const int depth, const int pixels, const int16 geometry, global const float* x, const int xAt,
    const int xImage, global float* out, const int outAt) {
    const uint i = get_global_id(0);
    if (i >= n) {
        return;
    }
    const int row = i / pixels;
    const int image = row / depth;
    out[outAt + i] = windows_load(windows_of(geometry), x + xAt + image * xImage, row - image * depth, i % pixels);
}
