package espalier.sparsity.ledger;

import espalier.sparsity.storage.StorageBits;

/**
 * What weights take in one form.
 *
 * @param valueBits of the values alone, which papers call "data only"
 * @param indexBits of whatever says where the values stand, stored zeros included
 * @param tableBits of codebooks and scales
 */
public record Storage(long valueBits, long indexBits, long tableBits) {
    /** Nothing. */
    public static final Storage NONE = new Storage(0, 0, 0);

    /** Both together. */
    public Storage plus(Storage other) {
        return new Storage(
                Math.addExact(valueBits, other.valueBits),
                Math.addExact(indexBits, other.indexBits),
                Math.addExact(tableBits, other.tableBits));
    }

    /** All of it, in bits. */
    public long bits() {
        return valueBits + indexBits + tableBits;
    }

    /** All of it, in bytes begun. */
    public long bytes() {
        return bytes(bits());
    }

    /** The values alone, in bytes begun. */
    public long dataBytes() {
        return bytes(valueBits);
    }

    /** How many times fewer bits these are than so many floats. */
    public double reduction(long weights) {
        return (double) StorageBits.values(weights, StorageBits.FLOAT) / bits();
    }

    private static long bytes(long bits) {
        return Math.ceilDiv(bits, (long) Byte.SIZE);
    }
}
