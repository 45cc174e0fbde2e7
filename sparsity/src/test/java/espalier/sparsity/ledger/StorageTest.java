package espalier.sparsity.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Sums of bits, and bytes begun. */
class StorageTest {
    @Test
    void everythingIsCounted() {
        Storage storage = new Storage(10, 20, 35);
        assertEquals(65, storage.bits());
        assertEquals(9, storage.bytes());
        assertEquals(2, storage.dataBytes());
        assertEquals(new Storage(11, 22, 38), storage.plus(new Storage(1, 2, 3)));
        assertEquals(130 * 32 / 65.0, storage.reduction(130), 1e-12);
    }
}
