// Steps of optimizers in place, F32, one work-item to a weight: each array is read and written once.

// MOMENTUM, NESTEROV: with a velocity, and looking ahead along it.
kernel void sgd(
    const uint n, const float rate, const float momentum, const float decay, global float* w, const int wAt,
    global const float* g, const int gAt
#ifdef MOMENTUM
    , global float* velocity, const int velocityAt
#endif
) {
    const uint i = get_global_id(0);
    if (i >= n) {
        return;
    }
    const float weight = w[wAt + i];
    float slope = g[gAt + i] + decay * weight;
#ifdef MOMENTUM
    const float v = momentum * velocity[velocityAt + i] + slope;
    velocity[velocityAt + i] = v;
#ifdef NESTEROV
    slope += momentum * v;
#else
    slope = v;
#endif
#endif
    w[wAt + i] = weight - rate * slope;
}

// `shrink` is what decoupled decay leaves of a weight; `rate` and `second` make up for moments that began at 0.
kernel void adam(
    const uint n, const float rate, const float beta1, const float beta2, const float epsilon, const float decay,
    const float shrink, const float second, const float rest1, const float rest2, global float* w, const int wAt, global const float* g, const int gAt,
    global float* m, const int mAt, global float* u, const int uAt) {
    const uint i = get_global_id(0);
    if (i >= n) {
        return;
    }
    const float weight = w[wAt + i];
    const float slope = g[gAt + i] + decay * weight;
    const float mean = beta1 * m[mAt + i] + rest1 * slope;
    const float square = beta2 * u[uAt + i] + rest2 * (slope * slope);
    m[mAt + i] = mean;
    u[uAt + i] = square;
    w[wAt + i] = weight * shrink - rate * mean / (sqrt(square * second) + epsilon);
}
