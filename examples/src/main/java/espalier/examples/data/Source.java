package espalier.examples.data;

import java.util.List;
import java.util.Optional;

/**
 * A data set that can be fetched: where it is published and what must arrive.
 *
 * @param name its name and its folder's
 * @param contents what it holds, for people
 * @param licence under which it may be used
 * @param base the address its files are under, ending in a slash
 * @param archive the packed tar file that holds the files; without one they are fetched one by one
 * @param files what must arrive
 * @param bytes to be transferred
 */
record Source(
        String name,
        String contents,
        String licence,
        String base,
        Optional<String> archive,
        List<Checked> files,
        long bytes) {

    /**
     * One file, and what it must be.
     *
     * @param name its name, without folders
     * @param bytes its length
     * @param sha256 the checksum, 64 hexadecimal digits
     */
    record Checked(String name, long bytes, String sha256) {}

    private static final int CIFAR_BATCH = 30_730_000;

    /** The data sets that {@code data fetch} knows. */
    static final List<Source> ALL = List.of(
            new Source(
                    "mnist",
                    "60,000 + 10,000 digits, 28x28",
                    "CC BY-SA 3.0",
                    "https://ossci-datasets.s3.amazonaws.com/mnist/",
                    Optional.empty(),
                    List.of(
                            new Checked(
                                    "train-images-idx3-ubyte.gz",
                                    9_912_422,
                                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                            new Checked(
                                    "train-labels-idx1-ubyte.gz",
                                    28_881,
                                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                            new Checked(
                                    "t10k-images-idx3-ubyte.gz",
                                    1_648_877,
                                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                            new Checked(
                                    "t10k-labels-idx1-ubyte.gz",
                                    4_542,
                                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6")),
                    11_594_722),
            new Source(
                    "fashion-mnist",
                    "60,000 + 10,000 clothes, 28x28",
                    "MIT",
                    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
                    Optional.empty(),
                    List.of(
                            new Checked(
                                    "train-images-idx3-ubyte.gz",
                                    26_421_880,
                                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                            new Checked(
                                    "train-labels-idx1-ubyte.gz",
                                    29_515,
                                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                            new Checked(
                                    "t10k-images-idx3-ubyte.gz",
                                    4_422_102,
                                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                            new Checked(
                                    "t10k-labels-idx1-ubyte.gz",
                                    5_148,
                                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5")),
                    30_878_645),
            new Source(
                    "cifar-10",
                    "50,000 + 10,000 photographs, 32x32",
                    "none stated; cite Krizhevsky 2009",
                    "https://www.cs.toronto.edu/~kriz/",
                    Optional.of("cifar-10-binary.tar.gz"),
                    List.of(
                            new Checked(
                                    "data_batch_1.bin",
                                    CIFAR_BATCH,
                                    "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
                            new Checked(
                                    "data_batch_2.bin",
                                    CIFAR_BATCH,
                                    "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
                            new Checked(
                                    "data_batch_3.bin",
                                    CIFAR_BATCH,
                                    "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
                            new Checked(
                                    "data_batch_4.bin",
                                    CIFAR_BATCH,
                                    "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
                            new Checked(
                                    "data_batch_5.bin",
                                    CIFAR_BATCH,
                                    "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
                            new Checked(
                                    "test_batch.bin",
                                    CIFAR_BATCH,
                                    "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b")),
                    170_052_171));

    /** The same data set from another address. */
    Source from(String address) {
        String folder = address.endsWith("/") ? address : address + "/";
        return new Source(name, contents, licence, folder, archive, files, bytes);
    }

    /**
     * The source of a name.
     *
     * @throws IllegalArgumentException listing the names there are
     */
    static Source named(String name) {
        return ALL.stream()
                .filter(source -> source.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no data called " + name
                        + " to fetch; there are "
                        + String.join(", ", ALL.stream().map(Source::name).toList())));
    }
}
