/**
 * The command line: examples and benchmarks. Requiring the Vector API here gives it to the libraries without a flag.
 */
module espalier.examples {
    requires espalier.sparsity;
    requires info.picocli;
    requires java.compiler;
    requires java.management;
    requires java.net.http;
    requires jdk.incubator.vector;
    requires jdk.management;
    requires static org.jspecify;

    opens espalier.examples.bench to
            info.picocli;
    opens espalier.examples.compress to
            info.picocli;
    opens espalier.examples.data to
            info.picocli;
    opens espalier.examples to
            info.picocli;
    opens espalier.examples.teaching to
            info.picocli;
    opens espalier.examples.train to
            info.picocli;
}
