package espalier.examples.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** The families of workloads, by their name on the command line. A new family is a class and a row here. */
enum Family {
    GEMM(GemmWorkloads::all),
    CONV(ConvolutionWorkloads::all),
    ELEMENTWISE(ElementwiseWorkloads::all),
    SPARSE(SparseWorkloads::all),
    LOWBIT(LowBitWorkloads::all),
    /** Steps of training of whole networks. */
    TRAIN(NetworkWorkloads::training),
    /** Whole networks that are only run. */
    INFER(NetworkWorkloads::inference),
    /** From the start of a fresh JVM to its first answer. */
    COLDSTART(ColdStart::all),
    /** Large and small shapes of the other families, with one thread and with several. */
    THREADS(ThreadWorkloads::all);

    private final Supplier<List<Workload>> workloads;

    Family(Supplier<List<Workload>> workloads) {
        this.workloads = workloads;
    }

    /** Its name on the command line. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    List<Workload> workloads() {
        return workloads.get();
    }
}
