package espalier.examples.compress;

/** A way to run the same network: how its weights lie in memory. */
enum NetworkForm {
    /** All weights, zeros included. */
    DENSE("dense", true),
    /** Single non-zeros, everywhere. */
    CSR("CSR", true),
    /** Blocks of four rows of a column in which something is left, everywhere. */
    BLOCKS("4x1 blocks", true),
    /** For each layer, what its density suggests. */
    CHOSEN("chosen", true),
    /** Dead channels cut out, the rest dense. */
    CUT("cut", true),
    /** All weights as 8-bit integers with a scale a row; results differ a little. */
    INT8("int8", false),
    /** Signs with a scale a row: how fast a binary network of these shapes would be; results are others. */
    BINARY("binary", false);

    private final String label;
    private final boolean sameResults;

    NetworkForm(String label, boolean sameResults) {
        this.label = label;
        this.sameResults = sameResults;
    }

    /** Its name in tables. */
    String label() {
        return label;
    }

    /** Whether it computes what the network computes, up to rounding. */
    boolean sameResults() {
        return sameResults;
    }
}
