// The windows of a convolution as a matrix that is never stored: row (c, p, q) and column (y, x) hold the element that
// tap (p, q) of the window at (y, x) reads from channel c. Along each axis it stands at
//
//     t = y * scale + origin + p * step,   divided by `divisor` where that leaves no rest,
//
// and is 0 outside. The forward pass and the gradient to the input, whose steps run backwards, are both of this form.
//
// COLUMNS, TAPS, TAPS_X  the numbers of that name, where they are known when the kernel is compiled: all divisions but
//                        those of DIVIDED are by them

typedef struct {
    int columns; // windows along x
    int height, width; // of a plane of the source
    int taps, tapsX; // taps of a window, and those along x
    int2 scale, origin, step, divisor; // (along y, along x)
} Windows;

inline Windows windows_of(const int16 g) {
    Windows w;
    w.columns = g.s0;
    w.height = g.s1;
    w.width = g.s2;
    w.taps = g.s3;
    w.tapsX = g.s4;
    w.scale = g.s56;
    w.origin = g.s78;
    w.step = g.s9a;
    w.divisor = g.sbc;
#ifdef TAPS
    w.columns = COLUMNS;
    w.taps = TAPS;
    w.tapsX = TAPS_X;
#endif
    return w;
}

// The element at a place before division, of a plane.
inline float windows_at(const Windows w, global const float* plane, int2 t) {
#ifdef DIVIDED
    const int2 whole = t / w.divisor;
    if (t.x < 0 || t.y < 0 || whole.x * w.divisor.x != t.x || whole.y * w.divisor.y != t.y) {
        return 0;
    }
    t = whole;
#endif
    return t.x >= 0 && t.x < w.height && t.y >= 0 && t.y < w.width ? plane[t.x * w.width + t.y] : 0;
}

inline float windows_load(const Windows w, global const float* image, int row, int column) {
    const int channel = row / w.taps;
    const int tap = row - channel * w.taps;
    const int2 place = (int2)(column / w.columns, column % w.columns);
    const int2 t = place * w.scale + w.origin + (int2)(tap / w.tapsX, tap % w.tapsX) * w.step;
    return windows_at(w, image + channel * w.height * w.width, t);
}
