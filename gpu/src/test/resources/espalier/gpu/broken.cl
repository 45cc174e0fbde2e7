// A kernel that no compiler takes.
kernel void broken(global float* x) {
    x[0] = undeclared_name;
}
