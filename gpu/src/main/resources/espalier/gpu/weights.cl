// The gradient of a convolution to its weights, for processors: partial[part, group][row, o] = sum over the images of a
// part and all pixels of windows[row, pixel] * g[o, pixel]. Adding up the parts is left to a reduction, in fixed order.
//
// A work-item owns up to BLOCK rows of the windows. It packs PIXELS columns of them, and as many of 16 planes of g turned
// round, and multiplies 6 rows at a time as panel.cl does.
//
// RUN  neighbouring columns of the windows that are neighbours in memory too (16, 8, 4 or 1)

#include "window.cl"

#define ROWS 6
#define WIDTH 16
#define PIXELS 128
#define BLOCK 96

#if RUN == 16
#define COPY_RUN(to, from) vstore16(vload16(0, from), 0, to)
#elif RUN == 8
#define COPY_RUN(to, from) vstore8(vload8(0, from), 0, to)
#elif RUN == 4
#define COPY_RUN(to, from) vstore4(vload4(0, from), 0, to)
#endif

inline void pack_windows(
    float* to, const Windows w, global const float* image, int first, int rows, int pixel, int count) {
    for (int at = 0; at < count; at += RUN) {
        const int2 place = (int2)((pixel + at) / w.columns, (pixel + at) % w.columns) * w.scale + w.origin;
        int2 tap = (int2)(first % w.taps / w.tapsX, first % w.tapsX);
        global const float* plane = image + first / w.taps * w.height * w.width;
        for (int row = 0; row < rows; row++) {
            const int2 t = place + tap * w.step;
            float* target = to + row * PIXELS + at;
#if RUN > 1
            if (t.x >= 0 && t.x < w.height && t.y >= 0 && t.y + RUN <= w.width) {
                COPY_RUN(target, plane + t.x * w.width + t.y);
            } else
#endif
            {
                for (int l = 0; l < RUN; l++) {
                    target[l] = windows_at(w, plane, (int2)(t.x, t.y + l));
                }
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
}

kernel __attribute__((reqd_work_group_size(1, 1, 1))) void weights(
    const int outputs, const int inputs, const int pixels, const int images, const int imagesAPart,
    global const float* x, const int xAt, const int xImage, const int xGroup, const int16 geometry,
    global const float* g, const int gAt, const int gImage, const int gGroup, global float* partial,
    const int pitch) {
    const int first = get_global_id(0) * BLOCK;
    const int part = get_global_id(1);
    const int group = get_global_id(2);
    const int rows = min(BLOCK, inputs - first);
    const Windows windows = windows_of(geometry);
    global float* to = partial + ((part * get_global_size(2) + group) * inputs + first) * pitch;
    float left[BLOCK * PIXELS];
    float right[PIXELS * WIDTH];
    for (int i = 0; i < rows * pitch; i++) {
        to[i] = 0;
    }
    const int end = min(images, (part + 1) * imagesAPart);
    for (int image = part * imagesAPart; image < end; image++) {
        global const float* source = x + xAt + image * xImage + group * xGroup;
        global const float* slopes = g + gAt + image * gImage + group * gGroup;
        for (int pixel = 0; pixel < pixels; pixel += PIXELS) {
            const int count = min(PIXELS, pixels - pixel);
            pack_windows(left, windows, source, first, rows, pixel, count);
            for (int o = 0; o < outputs; o += WIDTH) {
                for (int j = 0; j < WIDTH; j++) {
                    global const float* plane = slopes + min(o + j, outputs - 1) * pixels + pixel;
                    for (int k = 0; k < count; k++) {
                        right[k * WIDTH + j] = plane[k];
                    }
                }
                for (int row = 0; row < rows; row += ROWS) {
                    const int last = rows - 1 - row;
#define START(i) \
    const float* a##i = left + (row + min(i, last)) * PIXELS; \
    float16 c##i = vload16(0, to + (row + min(i, last)) * pitch + o);
                    START(0) START(1) START(2) START(3) START(4) START(5)
                    for (int k = 0; k < count; k++) {
                        const float16 y = vload16(k, right);
#define STEP(i) c##i = fma((float16)(a##i[k]), y, c##i);
                        STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)
                    }
#define END(i) if (i <= last) vstore16(c##i, 0, to + (row + i) * pitch + o);
                    END(0) END(1) END(2) END(3) END(4) END(5)
                }
            }
        }
    }
}
