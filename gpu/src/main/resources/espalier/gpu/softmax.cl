// Softmax and cross-entropy of rows, F32, one work-item to a row. The largest element is taken out first, so that no
// exponential overflows.
//
// LOG  the logarithm of softmax

#define ROW(rows) const int row = get_global_id(0); if (row >= rows) return;

// The largest of a row; NaN if there is one.
inline float largest(global const float* x, int length) {
    float best = -INFINITY;
    for (int k = 0; k < length; k++) {
        best = x[k] > best || x[k] != x[k] ? x[k] : best;
    }
    return best;
}

kernel void softmax(
    const int rows, const int length, global const float* x, const int xAt, global float* out, const int outAt) {
    ROW(rows)
    global const float* from = x + xAt + row * length;
    global float* to = out + outAt + row * length;
    const float top = largest(from, length);
    float total = 0;
    for (int k = 0; k < length; k++) {
        const float power = exp(from[k] - top);
        to[k] = power;
        total += power;
    }
    const float rest = log(total);
    for (int k = 0; k < length; k++) {
#ifdef LOG
        to[k] = from[k] - top - rest;
#else
        to[k] /= total;
#endif
    }
}

// dx = y (g - sum g y), and for the logarithm dx = g - e^y sum g.
kernel void softmax_gradient(
    const int rows, const int length, global const float* y, const int yAt, global const float* g, const int gAt,
    global float* dx, const int dxAt) {
    ROW(rows)
    global const float* from = y + yAt + row * length;
    global const float* slope = g + gAt + row * length;
    global float* to = dx + dxAt + row * length;
    float sum = 0;
    for (int k = 0; k < length; k++) {
#ifdef LOG
        sum += slope[k];
#else
        sum += slope[k] * from[k];
#endif
    }
    for (int k = 0; k < length; k++) {
#ifdef LOG
        to[k] = slope[k] - exp(from[k]) * sum;
#else
        to[k] = from[k] * (slope[k] - sum);
#endif
    }
}

// loss = -sum q log p for the target q, which is `smoothing` spread evenly and the rest on the label.
kernel void cross_entropy(
    const int rows, const int length, const float smoothing, global const float* x, const int xAt,
    global const int* labels, const int labelsAt, global float* losses, const int lossesAt, global float* p,
    const int pAt, global int* refused) {
    ROW(rows)
    global const float* from = x + xAt + row * length;
    global float* to = p + pAt + row * length;
    const float top = largest(from, length);
    float total = 0;
    float sum = 0;
    for (int k = 0; k < length; k++) {
        const float power = exp(from[k] - top);
        to[k] = power;
        total += power;
        sum += from[k] - top;
    }
    const float rest = log(total);
    for (int k = 0; k < length; k++) {
        to[k] /= total;
    }
    const int label = labels[labelsAt + row];
    if (label < 0 || label >= length) { // whichever item writes last: one of them is enough
        refused[0] = label;
        refused[1] = length;
        losses[lossesAt + row] = NAN;
        return;
    }
    const float ofLabel = from[label] - top - rest;
    float loss = -(1 - smoothing) * ofLabel;
    if (smoothing > 0) {
        loss -= smoothing * (sum / length - rest);
    }
    losses[lossesAt + row] = loss;
}

kernel void cross_entropy_gradient(
    const int rows, const int length, const float smoothing, global const float* p, const int pAt,
    global const int* labels, const int labelsAt, global const float* g, const int gAt, global float* dx,
    const int dxAt) {
    ROW(rows)
    const int label = labels[labelsAt + row];
    for (int k = 0; k < length; k++) {
        const float target = smoothing / length + (k == label ? 1 - smoothing : 0);
        dx[dxAt + row * length + k] = (p[pAt + row * length + k] - target) * g[gAt + row];
    }
}
