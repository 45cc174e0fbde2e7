// Pooling of planes and its gradients. On GPUs a work-item has one element of the result: a gradient gathers from the
// windows that its pixel is in, so that nothing is added by two items at once. On processors it has a plane.
//
// T       the type of elements
// PLANES  an item has a plane; n is then their number

#define WINDOW \
    const int height, const int width, const int rows, const int columns, const int2 kernelSize, const int2 stride, \
    const int2 pad

// Windows [first, last) along one axis that hold place `at`.
#define FIRST(at, axis) max(0, ((at) + pad.axis - kernelSize.axis + stride.axis) / stride.axis)
#define LAST(at, axis, count) min(count, ((at) + pad.axis) / stride.axis + 1)

#ifdef PLANES
#define EACH(height, width, y, x) \
    const int plane = get_global_id(0); \
    if (plane >= n) { \
        return; \
    } \
    for (int y = 0; y < height; y++) \
        for (int x = 0; x < width; x++) { \
            const int item = (plane * height + y) * width + x;
#else
#define EACH(height, width, y, x) \
    { \
        const uint item = get_global_id(0); \
        if (item >= n) { \
            return; \
        } \
        const int x = item % width; \
        const int y = item / width % height; \
        const int plane = item / width / height;
#endif

#define EACH_OUTPUT \
    EACH(rows, columns, row, column) \
    const int top = row * stride.x - pad.x; \
    const int left = column * stride.y - pad.y; \
    const int y0 = max(0, top); \
    const int x0 = max(0, left); \
    const int y1 = min(height, top + kernelSize.x); \
    const int x1 = min(width, left + kernelSize.y);

#define EACH_INPUT EACH(height, width, y, x)

#define END }

kernel void max_pool(
    const uint n, WINDOW, global const T* from, const int fromAt, global T* out, const int outAt, global int* indices,
    const int indicesAt) {
    EACH_OUTPUT
    global const T* pixels = from + fromAt + plane * height * width;
    int at = y0 * width + x0;
    T best = pixels[at];
    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
            const T value = pixels[y * width + x];
            if (value > best || (value != value && best == best)) {
                best = value;
                at = y * width + x;
            }
        }
    }
    out[outAt + item] = best;
    indices[indicesAt + item] = at;
    END
}

kernel void max_pool_gradient(
    const uint n, WINDOW, global const T* g, const int gAt, global const int* indices, const int indicesAt,
    global T* dx, const int dxAt) {
#ifdef PLANES
    const int plane = get_global_id(0);
    if (plane >= n) {
        return;
    }
    global T* to = dx + dxAt + plane * height * width;
    for (int i = 0; i < height * width; i++) {
        to[i] = 0;
    }
    for (int i = plane * rows * columns; i < (plane + 1) * rows * columns; i++) {
        const int at = indices[indicesAt + i];
        if (at >= 0 && at < height * width) { // a wrong index must not write elsewhere
            to[at] += g[gAt + i];
        }
    }
#else
    EACH_INPUT
    T sum = 0;
    for (int row = FIRST(y, x); row < LAST(y, x, rows); row++) {
        for (int column = FIRST(x, y); column < LAST(x, y, columns); column++) {
            const int window = (plane * rows + row) * columns + column;
            if (indices[indicesAt + window] == y * width + x) {
                sum += g[gAt + window];
            }
        }
    }
    dx[dxAt + item] = sum;
    END
#endif
}

#ifdef AVERAGE

// Places of a window that count along one axis.
inline int places(int index, int size, int stride, int pad, int most, int counted) {
    const int start = index * stride - pad;
    return min(start + size, most + counted) - max(start, -counted);
}

#define COUNT(row, column) \
    (places(row, kernelSize.x, stride.x, pad.x, height, counted.x) \
     * places(column, kernelSize.y, stride.y, pad.y, width, counted.y))

kernel void average_pool(
    const uint n, WINDOW, const int2 counted, global const T* from, const int fromAt, global T* out, const int outAt) {
    EACH_OUTPUT
    global const T* pixels = from + fromAt + plane * height * width;
    T sum = 0;
    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
            sum += pixels[y * width + x];
        }
    }
    out[outAt + item] = sum / COUNT(row, column);
    END
}

kernel void average_pool_gradient(
    const uint n, WINDOW, const int2 counted, global const T* g, const int gAt, global T* dx, const int dxAt) {
    EACH_INPUT
    T sum = 0;
    for (int row = FIRST(y, x); row < LAST(y, x, rows); row++) {
        for (int column = FIRST(x, y); column < LAST(x, y, columns); column++) {
            sum += g[gAt + (plane * rows + row) * columns + column] / COUNT(row, column);
        }
    }
    dx[dxAt + item] = sum;
    END
}

#endif
