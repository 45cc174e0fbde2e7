package espalier.tensor.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A call of the back end as the loops it consists of, which can be run again and again. Tables, closures and memory for
 * what lies between two loops are then there already: running a recording allocates nothing.
 *
 * <p>It relies on a rule for operations that may be recorded. Outside of the tasks of its loops
 * ({@link Parallel#forEach}, {@link Parallel#inTurn}, {@link Parallel#once}) an operation only computes from shapes
 * what is to be done; it reads and writes elements of tensors inside of them alone. And what a task captures does not
 * change afterwards. (Graphs of CUDA calls work in the same way and ask for the same.)
 *
 * <p>Loops hand on what they compute in {@link Scratch} memory of the caller and in temporary tensors. While a call is
 * recorded, both come from the recording, so that nobody else writes there. A recording may therefore be run by one
 * thread at a time, whichever it is.
 */
final class Recording implements Runnable {
    private record Loop(int tasks, IntConsumer body, boolean shared) {}

    private final Parallel parallel;
    private final Scratch memory = new Scratch();
    private final HeapPool pool = new HeapPool();
    private final List<Loop> loops = new ArrayList<>();
    private boolean inTask;

    Recording(Parallel parallel) {
        this.parallel = parallel;
    }

    /** Whether it keeps loops now. It does not inside of a task: loops of a task are part of it. */
    boolean listens() {
        return !inTask;
    }

    /** Working memory for what is captured by tasks. */
    Scratch memory() {
        return memory;
    }

    /** Where the memory of temporary tensors comes from, and goes back to. */
    HeapPool pool() {
        return pool;
    }

    /** Keeps a loop, and runs it once in the calling thread. */
    void add(int tasks, IntConsumer body, boolean shared) {
        loops.add(new Loop(tasks, body, shared));
        inTask = true;
        Scratch usual = Scratch.exchange(new Scratch());
        try {
            for (int task = 0; task < tasks; task++) {
                body.accept(task);
            }
        } finally {
            Scratch.exchange(usual);
            inTask = false;
        }
    }

    /** Runs all loops in their order. */
    @Override
    public void run() {
        for (int i = 0; i < loops.size(); i++) { // an iterator would be an object
            Loop loop = loops.get(i);
            if (loop.shared) {
                parallel.forEach(loop.tasks, loop.body);
            } else {
                parallel.inTurn(loop.tasks, loop.body);
            }
        }
    }
}
