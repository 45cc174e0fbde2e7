package espalier.sparsity.runtime;

import espalier.tensor.Tensor;

/** Memory for one call with one batch size, and all that is to be done in it. Used by one thread at a time. */
sealed interface BatchCall permits Slices, Workspace {
    /** Images. */
    int batch();

    /** Where the images go, {@code [N, ...]}. */
    Tensor input();

    /** Where the results are afterwards. */
    Tensor output();

    /** Computes the output from the input. */
    void run();

    /** Runs one step alone, on whatever its inputs hold: for measuring. */
    void run(int step);
}
