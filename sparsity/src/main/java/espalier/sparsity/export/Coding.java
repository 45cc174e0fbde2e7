package espalier.sparsity.export;

/** How a packed tensor writes the elements it holds. Each of them gives back the very floats that went in. */
public enum Coding {
    /** 32 bits each. */
    F32,
    /** 16 bits each, where that loses nothing. */
    F16,
    /** The different values once, and for each element the number of its value in as many bits as that takes. */
    CODEBOOK,
    /** A codebook whose numbers are in Huffman codes: frequent values take fewer bits (Huffman 1952). */
    HUFFMAN,
    /** Whole numbers from −127 to 127 times a scale a row, or one for all: 8 bits each. */
    INT8,
    /** Whole numbers from −7 to 7 times a scale: 4 bits each. */
    INT4,
    /** −1, 0 and 1 times a scale: five to a byte, 1.6 bits each. */
    TERNARY,
    /** −1 and 1 times a scale: one bit each. */
    BINARY;

    /** The largest whole number of a scaled coding; 0 for the others. */
    int largest() {
        return switch (this) {
            case INT8 -> 127;
            case INT4 -> 7;
            case TERNARY, BINARY -> 1;
            case F32, F16, CODEBOOK, HUFFMAN -> 0;
        };
    }
}
