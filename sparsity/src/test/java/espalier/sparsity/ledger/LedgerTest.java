package espalier.sparsity.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.model.LeNet;
import espalier.nn.model.MobileNet;
import espalier.nn.model.ResNet;
import espalier.sparsity.Sparsity;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes and multiply-adds against arithmetic on paper and the published tables. */
class LedgerTest {
    private static final float PI = (float) Math.PI;
    private static final float E = (float) Math.E;
    private static final float ROOT = (float) Math.sqrt(2);
    private static final Shape MNIST = Shape.of(1, 1, 28, 28);

    /** Weights of which {@code keep}, at random places, are one of {@code levels} multiples of 0.5 without zero. */
    private static float[] sparse(int size, int keep, int levels, long seed) {
        float[] weights = new float[size];
        int[] order = RandomSource.of(seed).permutation(size);
        for (int i = 0; i < keep; i++) {
            int level = i % levels - levels / 2;
            weights[order[i]] = 0.5f * (level < 0 ? level : level + 1);
        }
        return weights;
    }

    /**
     * LeNet-5's 430,500 weights as one, at 3 bits: the table of KB that follows from the expected number of dummies.
     */
    @ParameterizedTest
    @CsvSource({"0.10, 15.8, 43.5", "0.05, 7.9, 24.6", "0.02, 3.15, 11.4", "0.0029, 0.457, 2.09"})
    void relativeIndexOfLeNetCostsWhatTheTableSays(double density, double data, double indexed) {
        int keep = (int) Math.round(430_500 * density);
        Ledger.Layer layer = Ledger.layer("all", Shape.of(500, 861), sparse(430_500, keep, 8, 1), 1);
        assertEquals(3, layer.codebook().bits());
        Storage relative = layer.storage(Scheme.RELATIVE);
        assertEquals(data, relative.valueBits() / 8.0 / 1024, 0.05);
        assertEquals(indexed, (relative.bits() - 32) / 8.0 / 1024, 0.02 * indexed);
        assertEquals(32, relative.tableBits(), "one scale");
    }

    @Test
    void everySchemeOfASmallMatrixIsWhatCountingOnPaperGives() {
        // 5 rows of 4: rows 0 and 4, columns 1 and 2 are left. Three unrelated floats: no codebook pays.
        float[] w = {0, PI, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ROOT, -E, 0};
        Ledger.Layer layer = Ledger.layer("w", Shape.of(5, 4), w, 10);
        assertEquals(3, layer.nonZeros());
        assertEquals(2, layer.keptRows());
        assertEquals(2, layer.keptColumns());
        assertEquals(new Codebook(Codebook.Form.FLOAT, 32, 0), layer.codebook());
        assertEquals(200, layer.macs());
        assertEquals(30, layer.remainingMacs());
        // Zero and the three: 20 names of 2 bits and a table of 4 floats beat 20 floats.
        assertEquals(new Storage(40, 0, 128), layer.storage(Scheme.DENSE));
        // Runs 1, 15, 0: 4 bits each.
        assertEquals(new Storage(96, 12, 0), layer.storage(Scheme.RELATIVE));
        // Columns of 2 bits, 6 pointers of 2 bits.
        assertEquals(new Storage(96, 6 + 12, 0), layer.storage(Scheme.CSR));
        assertEquals(new Storage(96, 20, 0), layer.storage(Scheme.BIT_MASK));
        // Rows 0 to 3 keep column 1; row 4, the second row of blocks, keeps 1 and 2: 3 blocks of 4 values, of which 4
        // are
        // different. Names of 2 bits and a table; columns of 2 bits, 3 pointers of 2 bits.
        assertEquals(new Storage(24, 6 + 6, 128), layer.storage(Scheme.BLOCKS));
        // 2x2 of which one is zero, 2 bits and the table. 5 + 4 bits of lists.
        assertEquals(new Storage(8, 9, 128), layer.storage(Scheme.STRUCTURED));
    }

    @Test
    void aHuffmanCodeIsUsedWhereItIsShorter() {
        // 64 weights, every other one left: runs 1, 1, ... Values 2 (24 times), -2 (4), 4 (2), -4 (2).
        float[] w = new float[64];
        float[] values = new float[32];
        Arrays.fill(values, 2);
        Arrays.fill(values, 0, 4, -2);
        values[5] = values[6] = 4;
        values[7] = values[8] = -4;
        for (int i = 0; i < 32; i++) {
            w[2 * i + 1] = values[i];
        }
        Ledger.Layer layer = Ledger.layer("w", Shape.of(1, 64), w, 1);
        assertEquals(new Codebook(Codebook.Form.SCALED, 2, 32), layer.codebook());
        assertEquals(new Storage(64, 32, 32), layer.storage(Scheme.RELATIVE));
        // Lengths 1, 2, 3, 3 for 24, 4, 2, 2: 44 bits, but a table of 5 symbols takes 25: 64 at fixed width is less.
        // Runs of one length: 32 bits either way.
        assertEquals(new Storage(64, 32, 32), layer.storage(Scheme.HUFFMAN));

        // Ten times as many: 440 + 25 is less than 640; runs: 320 bits either way.
        float[] many = new float[640];
        for (int i = 0; i < 10; i++) {
            System.arraycopy(w, 0, many, 64 * i, 64);
        }
        assertEquals(
                new Storage(465, 320, 32),
                Ledger.layer("w", Shape.of(1, 640), many, 1).storage(Scheme.HUFFMAN));
    }

    @Test
    void aDenseModelIsFloats() {
        Ledger ledger = Ledger.of(LeNet.lenet5(Init.of(1)), MNIST);
        assertEquals(430_500, ledger.weights());
        assertEquals(430_500, ledger.nonZeros());
        assertEquals(4 * 430_500, ledger.storage(Scheme.DENSE).bytes());
        assertEquals(4 * 580, ledger.otherBytes());
        assertEquals(2_293_000, ledger.macs());
        assertEquals(2_293_000, ledger.remainingMacs());
        assertEquals(Scheme.DENSE, ledger.smallest());
        assertEquals(
                List.of(288_000L, 1_600_000L, 400_000L, 5_000L),
                ledger.layers().stream().map(Ledger.Layer::macs).toList());
    }

    @Test
    void aBinaryModelTakesABitAWeightAndAScaleALayer() {
        Module model = LeNet.lenet5(Init.of(1));
        Sparsity.weights(model).values().forEach(p -> {
            float[] w = p.raw().value().toFloats();
            for (int i = 0; i < w.length; i++) {
                w[i] = w[i] < 0 ? -0.0371f : 0.0371f;
            }
            p.set(Tensor.of(Device.cpu(), w, p.shape()));
        });
        Storage dense = Ledger.of(model, MNIST).storage(Scheme.DENSE);
        assertEquals(430_500, dense.valueBits());
        assertEquals(4 * 32, dense.tableBits());
        assertEquals(32.0, dense.reduction(430_500), 0.02);
    }

    @Test
    void wholeFiltersThatAreGoneCostAListOnly() {
        Module model = LeNet.lenet5(Init.of(1));
        Parameter conv2 = Objects.requireNonNull(Sparsity.weights(model).get("conv2.weight"));
        float[] w = conv2.raw().value().toFloats();
        Arrays.fill(w, 10 * 500, w.length, 0);
        conv2.set(Tensor.of(Device.cpu(), w, conv2.shape()));
        Ledger ledger = Ledger.of(model, MNIST);
        Ledger.Layer layer = ledger.layer("conv2.weight").orElseThrow();
        assertEquals(10, layer.keptRows());
        assertEquals(500, layer.keptColumns());
        assertEquals(new Storage(10 * 500 * 32, 50 + 500, 0), layer.storage(Scheme.STRUCTURED));
        assertEquals(1_600_000 / 5, layer.remainingMacs());
    }

    @Test
    void multiplyAddsAreThoseOfTheSummary() {
        Ledger resnet = Ledger.of(ResNet.cifar(Init.of(1), 20, ResNet.Shortcut.PADDED), Shape.of(1, 3, 32, 32));
        assertEquals(40_551_040, resnet.macs(), "40.55 M, as published");
        Ledger mobile = Ledger.of(MobileNet.v1(Init.of(1)), Shape.of(1, 3, 32, 32));
        assertTrue(mobile.layers().stream().allMatch(layer -> layer.macs() > 0), "depthwise too");
    }

    @Test
    void theTextsHoldEveryLayerAndTheTotals() {
        Ledger ledger = Ledger.of(LeNet.lenet5(Init.of(1)), MNIST);
        String table = ledger.toString();
        for (String word : List.of("conv1.weight", "fc2.weight", "430,500", "2,293,000", "1,722,000", "2,320 bytes")) {
            assertTrue(table.contains(word), word + " in " + table);
        }
        List<String> csv = ledger.csv().lines().toList();
        assertEquals(6, csv.size());
        assertTrue(csv.get(1).startsWith("conv1.weight,500,500,32,20,25,288000,288000,16000,0,0,"), csv.get(1));
        assertTrue(csv.get(5).startsWith("total,430500,430500,32.000,,,2293000,2293000,13776000,0,0,"), csv.get(5));
        long fields = csv.getFirst().chars().filter(c -> c == ',').count();
        csv.forEach(
                line -> assertEquals(fields, line.chars().filter(c -> c == ',').count(), line));
    }
}
