package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.compress.Contestant.Speed;
import espalier.examples.compress.Contestant.Structure;
import espalier.sparsity.ledger.Ledger;
import espalier.sparsity.ledger.Scheme;
import espalier.tensor.Shape;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The verdict follows from the numbers, whichever way they fall. */
class VerdictTest {
    private static Contestant network(
            Structure structure, double accuracy, double rate, double bits, long bytes, double ms, double times) {
        return new Contestant(
                structure == Structure.STRUCTURED ? "S" : "U",
                structure,
                List.of(accuracy),
                rate,
                bits,
                structure == Structure.STRUCTURED ? Scheme.STRUCTURED : Scheme.RELATIVE,
                bytes,
                bytes / 2,
                bytes + 100,
                ms == 0 ? Optional.empty() : Optional.of(new Speed(NetworkForm.CUT, ms, times)));
    }

    private static String verdict(Contestant loose, Contestant tidy) {
        List<String> all = Verdict.of(List.of(tidy, loose));
        assertEquals(1, all.size());
        return all.getFirst();
    }

    @Test
    void bothMeasuresDecide() {
        Contestant loose = network(Structure.NON_STRUCTURED, 99.0, 20, 3, 24_600, 4, 2);
        String text = verdict(loose, network(Structure.STRUCTURED, 99.1, 10, 3, 16_400, 1, 8));
        assertEquals(
                "At equal accuracy (99.00 and 99.10 %), U has 20.0x fewer weights non-structured, S 10.0x fewer"
                        + " structured. With index they take 24,600 bytes (relative) and 16,400 (structured): structured is"
                        + " 1.50x smaller. A batch of 128 takes 4.000 ms (cut, 2.00x faster than dense, PPR 10.0) and"
                        + " 1.000 ms (cut, 8.00x, PPR 1.3): structured is 4.00x faster. On this machine structured pruning"
                        + " wins in storage and in time.",
                text);
        assertTrue(verdict(loose, network(Structure.STRUCTURED, 99, 10, 3, 50_000, 1, 8))
                .endsWith(" On this machine: storage, non-structured; time, structured."));
        assertTrue(verdict(loose, network(Structure.STRUCTURED, 99, 10, 3, 50_000, 8, 1))
                .endsWith(" On this machine non-structured pruning wins in storage and in time."));
        assertTrue(verdict(loose, network(Structure.STRUCTURED, 99, 10, 3, 24_700, 4.1, 2))
                .endsWith(" On this machine the two are equal in storage and time."));
    }

    @Test
    void unequalAccuraciesAreNotComparedAndItSaysSo() {
        Contestant loose = network(Structure.NON_STRUCTURED, 98.69, 20, 3, 24_600, 4, 2);
        assertEquals(
                "U (non-structured, 98.69 %) and S (structured, 99.00 %) are not compared: their accuracies are 0.31"
                        + " points apart, and more than 0.3 would compare two different things.",
                verdict(loose, network(Structure.STRUCTURED, 99, 10, 3, 16_400, 1, 8)));
        assertTrue(verdict(loose, network(Structure.STRUCTURED, 98.99, 10, 3, 16_400, 1, 8))
                .startsWith("At equal accuracy"));
    }

    @Test
    void unequalBitsAreSaid() {
        Contestant loose = network(Structure.NON_STRUCTURED, 99, 20, 3, 24_600, 0, 0);
        String text = verdict(loose, network(Structure.STRUCTURED, 99, 10, 32, 16_400, 0, 0));
        assertTrue(text.contains("They are not quantized alike (3.0 and 32.0 bits a weight)"), text);
        assertTrue(text.endsWith("Storage: structured; times were not measured."), text);
    }

    @Test
    void withoutAPairItSaysSo() {
        Contestant loose = network(Structure.NON_STRUCTURED, 99, 20, 3, 24_600, 4, 2);
        Contestant dense = network(Structure.DENSE, 99, 1, 32, 1_722_000, 8, 1);
        assertEquals(
                List.of("Among these there is no pair of a non-structured and a structured network to be compared."),
                Verdict.of(List.of(loose, dense)));
    }

    @Test
    void structureIsToldFromTheWeights() {
        float[] w = new float[400];
        for (int i = 0; i < 400; i++) {
            w[i] = (float) Math.sin(i + 1);
        }
        assertEquals(Structure.DENSE, structure(w, 400));
        assertEquals(Structure.STRUCTURED, structure(w, 500), "100 were cut out before");
        float[] rows = w.clone();
        java.util.Arrays.fill(rows, 100, 400, 0);
        assertEquals(Structure.STRUCTURED, structure(rows, 400));
        float[] scattered = w.clone();
        for (int i = 0; i < 400; i++) {
            scattered[i] = i % 4 == 0 ^ i / 20 % 2 == 0 ? 0 : w[i];
        }
        assertEquals(Structure.NON_STRUCTURED, structure(scattered, 400));
    }

    private static Structure structure(float[] w, long weights) {
        return Structure.of(new Ledger(List.of(Ledger.layer("w", Shape.of(20, 20), w, 1)), 0), weights);
    }
}
