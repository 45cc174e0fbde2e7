// Batch normalization of x [N, C, P] by channel, F32. Sums run over N*P elements of a channel in two passes: parts of
// some images each, then the parts in their order.
//
// GROUP  items that share a part: 1 on processors, which then go through it with LANES sums at a time

#define LANES 8

#define PLANES const int images, const int channels, const int pixels, const int imagesAPart
#define CHANNEL \
    const int item = get_local_id(0); \
    const int channel = get_global_id(1); \
    const int part = get_global_id(2); \
    const int first = part * imagesAPart; \
    const int last = min(images, first + imagesAPart);

// The sum of what the items of a group hold.
inline float total(float mine, local float* shared) {
#if GROUP > 1
    const int item = get_local_id(0);
    barrier(CLK_LOCAL_MEM_FENCE);
    shared[item] = mine;
    for (int width = GROUP / 2; width > 0; width /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < width) {
            shared[item] += shared[item + width];
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    return shared[0];
#else
    return mine;
#endif
}

inline float sum8(const float8 x) {
    const float4 y = x.lo + x.hi;
    const float2 z = y.lo + y.hi;
    return z.x + z.y;
}

// partial[channel, part] = (mean, sum of squared distances from it) of a part.
kernel void moments(PLANES, global const float* x, const int xAt, global float2* partial) {
    local float shared[GROUP];
    CHANNEL
    const float count = (float)(last - first) * pixels;
    float8 sums = 0;
    float sum = 0;
    for (int image = first; image < last; image++) {
        global const float* plane = x + xAt + (image * channels + channel) * pixels;
        int p = item;
#if GROUP == 1
        for (; p + LANES <= pixels; p += LANES) {
            sums += vload8(0, plane + p);
        }
#endif
        for (; p < pixels; p += GROUP) {
            sum += plane[p];
        }
    }
    const float mean = total(sum + sum8(sums), shared) / count;
    sums = 0;
    sum = 0;
    for (int image = first; image < last; image++) {
        global const float* plane = x + xAt + (image * channels + channel) * pixels;
        int p = item;
#if GROUP == 1
        for (; p + LANES <= pixels; p += LANES) {
            const float8 d = vload8(0, plane + p) - mean;
            sums += d * d;
        }
#endif
        for (; p < pixels; p += GROUP) {
            const float d = plane[p] - mean;
            sum += d * d;
        }
    }
    const float squares = total(sum + sum8(sums), shared);
    if (item == 0) {
        partial[channel * get_global_size(2) + part] = (float2)(mean, squares);
    }
}

// Two sets of numbers become one (Chan, Golub and LeVeque 1979): no large mean is ever squared.
kernel void join_moments(
    PLANES, const int parts, global const float2* partial, global float* mean, const int meanAt,
    global float* variance, const int varianceAt) {
    const int channel = get_global_id(0);
    if (channel >= channels) {
        return;
    }
    float count = 0;
    float2 so = 0;
    for (int part = 0; part < parts; part++) {
        const float2 next = partial[channel * parts + part];
        const float more = (float)(min(images, (part + 1) * imagesAPart) - part * imagesAPart) * pixels;
        const float away = next.x - so.x;
        const float all = count + more;
        so.x += isinf(away) ? next.x : away * (more / all); // infinity less infinity would be no number
        so.y += next.y + away * away * (count * (more / all));
        count = all;
    }
    mean[meanAt + channel] = so.x;
    variance[varianceAt + channel] = so.y / count;
}

// Each element by itself: axis 0 runs along a plane, axis 1 over images and channels. The arrays are `restrict`, or a
// compiler for processors would not dare to use vectors.
#define ELEMENT \
    const int p = get_global_id(0); \
    const int plane = get_global_id(1); \
    if (p >= pixels) { \
        return; \
    } \
    const int c = plane % channels; \
    const int i = plane * pixels + p;

kernel void normalize_elements(
    const int channels, const int pixels, const float epsilon, global const float* restrict x, const int xAt,
    global const float* restrict scale, const int scaleAt, global const float* restrict shift, const int shiftAt,
    global const float* restrict mean, const int meanAt, global const float* restrict variance, const int varianceAt, global float* restrict out,
    const int outAt) {
    ELEMENT
    const float factor = scale[scaleAt + c] / sqrt(variance[varianceAt + c] + epsilon);
    out[outAt + i] = (x[xAt + i] - mean[meanAt + c]) * factor + shift[shiftAt + c];
}

kernel void scale_shift(
    const int channels, const int pixels, const int relu, global const float* restrict x, const int xAt,
    global const float* restrict scale, const int scaleAt, global const float* restrict shift, const int shiftAt, global float* restrict out,
    const int outAt) {
    ELEMENT
    const float y = x[xAt + i] * scale[scaleAt + c] + shift[shiftAt + c];
    out[outAt + i] = relu && y <= 0 ? 0 : y;
}

// partial[channel, part] = (sum of g * normalized x, sum of g) of a part.
kernel void slopes(
    PLANES, const float epsilon, global const float* restrict x, const int xAt, global const float* restrict g, const int gAt,
    global const float* restrict mean, const int meanAt, global const float* restrict variance, const int varianceAt,
    global float2* partial) {
    local float shared[GROUP];
    CHANNEL
    const float center = mean[meanAt + channel];
    float8 scales = 0;
    float8 shifts = 0;
    float scale = 0;
    float shift = 0;
    for (int image = first; image < last; image++) {
        const int at = (image * channels + channel) * pixels;
        int p = item;
#if GROUP == 1
        for (; p + LANES <= pixels; p += LANES) {
            const float8 slope = vload8(0, g + gAt + at + p);
            scales += slope * (vload8(0, x + xAt + at + p) - center);
            shifts += slope;
        }
#endif
        for (; p < pixels; p += GROUP) {
            const float slope = g[gAt + at + p];
            scale += slope * (x[xAt + at + p] - center);
            shift += slope;
        }
    }
    scale = total(scale + sum8(scales), shared) / sqrt(variance[varianceAt + channel] + epsilon);
    shift = total(shift + sum8(shifts), shared);
    if (item == 0) {
        partial[channel * get_global_size(2) + part] = (float2)(scale, shift);
    }
}

kernel void join_slopes(
    const int channels, const int parts, global const float2* partial, global float* restrict dscale, const int dscaleAt,
    global float* restrict dshift, const int dshiftAt) {
    const int channel = get_global_id(0);
    if (channel >= channels) {
        return;
    }
    float2 sum = 0;
    for (int part = 0; part < parts; part++) {
        sum += partial[channel * parts + part];
    }
    dscale[dscaleAt + channel] = sum.x;
    dshift[dshiftAt + channel] = sum.y;
}

// dx = scale / std * (g - dshift / m - normalized x * dscale / m).
kernel void normalize_gradient(
    const int channels, const int pixels, const float epsilon, const float each, global const float* restrict x, const int xAt,
    global const float* restrict g, const int gAt, global const float* restrict scale, const int scaleAt, global const float* restrict mean,
    const int meanAt, global const float* restrict variance, const int varianceAt, global const float* restrict dscale,
    const int dscaleAt, global const float* restrict dshift, const int dshiftAt, global float* restrict dx, const int dxAt) {
    ELEMENT
    const float inverse = 1 / sqrt(variance[varianceAt + c] + epsilon);
    const float normalized = (x[xAt + i] - mean[meanAt + c]) * inverse;
    const float slope = g[gAt + i] - dshift[dshiftAt + c] * each - normalized * (dscale[dscaleAt + c] * each);
    dx[dxAt + i] = slope * (inverse * scale[scaleAt + c]);
}
