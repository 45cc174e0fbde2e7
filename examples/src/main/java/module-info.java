/** The command line: examples and benchmarks. Requiring the Vector API here gives it to the libraries without a flag. */
module espalier.examples {
    requires espalier.sparsity;
    requires info.picocli;
    requires jdk.incubator.vector;
    requires static org.jspecify;

    opens espalier.examples.bench to
            info.picocli;
    opens espalier.examples to
            info.picocli;
    opens espalier.examples.teaching to
            info.picocli;
    opens espalier.examples.train to
            info.picocli;
}
