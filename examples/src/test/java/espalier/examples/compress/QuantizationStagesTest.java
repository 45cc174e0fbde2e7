package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Parameter;
import espalier.nn.train.Evaluation;
import espalier.sparsity.quant.UniformGrid;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Stages that quantize leave every weight on its levels, whatever is trained afterwards. */
class QuantizationStagesTest {
    private static void assertOnGrid(TreeSet<Float> values, int largest) {
        double step = Math.max(-values.first(), values.last()) / largest;
        for (float value : values) {
            assertEquals(Math.rint(value / step), value / step, 1e-3);
        }
    }

    @Test
    void ptqAChannel() throws Exception {
        SmallCompression small = SmallCompression.run(
                "lenet5", "[ptq]", "bits = 4", "activations = 3", "images = 100", "[retrain]", "epochs = 1");
        for (int row = 0; row < 20; row++) {
            assertOnGrid(small.values("conv1.weight", row), 7);
            assertOnGrid(small.values("fc1.weight", row), 7);
        }
        assertTrue(SmallCompression.different(small.weight("conv1.weight")).size() > 15, "a scale for each filter");
        Map<String, UniformGrid> grids = small.piece().inputs().orElseThrow().grids();
        assertEquals(4, grids.size());
        assertTrue(grids.values().stream().allMatch(grid -> grid.levels() == 8));
        double rounded = small.piece().accuracy();
        double floats = Evaluation.of(small.piece().net(), small.piece().test()).accuracy();
        assertTrue(rounded != floats, "activations of 3 bits are part of the accuracy");
        Map<?, ?> figures =
                (Map<?, ?>) Objects.requireNonNull(small.piece().figures().get("ptq"));
        assertEquals(small.piece().milestones().get(1).accuracy(), figures.get("accuracy_weights_and_activations"));
    }

    @Test
    void ptqATensorAndFloatsBetween() throws Exception {
        SmallCompression small = SmallCompression.run(
                "lenet5-bn",
                "[ptq]",
                "bits = conv1 2, fc2 3",
                "scaling = tensor",
                "clip = mse",
                "activations = float",
                "statistics = yes");
        assertEquals(3, SmallCompression.different(small.weight("conv1.weight")).size());
        assertEquals(7, SmallCompression.different(small.weight("fc2.weight")).size());
        assertTrue(SmallCompression.different(small.weight("conv2.weight")).size() > 1000, "is not named");
        assertTrue(small.piece().inputs().isEmpty());
    }

    @Test
    void calibrationsDiffer() throws Exception {
        double[] ends = new double[3];
        String[] rules = {"minmax", "percentile", "mse"};
        for (int i = 0; i < 3; i++) {
            SmallCompression small = SmallCompression.run(
                    "lenet5",
                    "[ptq]",
                    "activations = 4",
                    "images = 64",
                    "percentile = 95%",
                    "calibration = " + rules[i]);
            UniformGrid grid = Objects.requireNonNull(
                    small.piece().inputs().orElseThrow().grids().get("fc2"));
            ends[i] = grid.max();
        }
        assertTrue(
                ends[1] < ends[0] && ends[2] < ends[0] && ends[1] != ends[2], ends[0] + " " + ends[1] + " " + ends[2]);
    }

    @Test
    void qatHoldsZerosAndLevels() throws Exception {
        SmallCompression small = SmallCompression.run(
                "lenet5",
                "[magnitude]",
                "sparsity = 80%",
                "allocation = uniform",
                "[qat]",
                "bits = conv1 binary, conv2 ternary, fc1 3, fc2 4",
                "epochs = 1",
                "[retrain]",
                "epochs = 1");
        assertTrue(small.values("conv1.weight", 0).size() <= 3, "two signs and the pruned ones");
        assertTrue(small.values("conv2.weight", 0).size() <= 3);
        assertOnGrid(small.values("fc1.weight", 3), 3);
        assertOnGrid(small.values("fc2.weight", 3), 7);
        assertTrue(small.piece().milestones().getLast().nonZeros() <= 86_100, "before the cut, of 430,500");
    }

    /** On a grid so fine that a weight which is set free does not round to 0 again. */
    @Test
    void qatTrainsNoPrunedWeight() throws Exception {
        String[] pruned = {"[magnitude]", "sparsity = 80%"};
        float[] before = SmallCompression.run("lenet5", pruned).weight("fc1.weight");
        float[] after = SmallCompression.run(
                        "lenet5", pruned[0], pruned[1], "[qat]", "bits = 16", "epochs = 1", "lr = 0.02")
                .weight("fc1.weight");
        for (int i = 0; i < before.length; i++) {
            assertTrue(before[i] != 0 || after[i] == 0, "weight " + i + " is back");
        }
    }

    @Test
    void qatLearnsStepsOfBoth() throws Exception {
        SmallCompression small = SmallCompression.run(
                "lenet5",
                "[qat]",
                "bits = 3",
                "learned = yes",
                "activations = 4",
                "scaling = tensor",
                "images = 100",
                "epochs = 1",
                "[retrain]",
                "epochs = 1");
        assertTrue(SmallCompression.different(small.weight("fc1.weight")).size() <= 7);
        Map<String, UniformGrid> grids = small.piece().inputs().orElseThrow().grids();
        assertEquals(4, grids.size());
        assertEquals(0, Objects.requireNonNull(grids.get("fc2")).lowest(), "behind a ReLU");
        assertEquals(-8, Objects.requireNonNull(grids.get("conv1")).lowest(), "pixels are on both sides of 0");
        assertTrue(small.piece().accuracy() > 0.3);
    }

    @Test
    void valuesAreSharedAndTrained() throws Exception {
        SmallCompression small = SmallCompression.run(
                "lenet5",
                "[magnitude]",
                "sparsity = 90%",
                "[kmeans]",
                "bits = conv1 4, conv2 3, fc1 2, fc2 3",
                "epochs = 1",
                "lr = 0.001",
                "[retrain]",
                "epochs = 1");
        assertTrue(SmallCompression.different(small.weight("conv2.weight")).size() <= 8, "values and 0");
        assertTrue(SmallCompression.different(small.weight("fc1.weight")).size() <= 4);
        assertTrue(SmallCompression.different(small.weight("fc2.weight")).size() > 3);
        assertEquals(43_050, small.piece().milestones().getLast().nonZeros());
        Map<?, ?> figures =
                (Map<?, ?>) Objects.requireNonNull(small.piece().figures().get("kmeans"));
        Map<?, ?> all = (Map<?, ?>) Objects.requireNonNull(figures.get("all"));
        assertEquals(430_500L, all.get("weights"));
        assertEquals(43_050L, all.get("non_zeros"));
        assertTrue((Long) all.get("coded_bits") < (Long) all.get("shared_bits"));
        assertTrue((Long) all.get("shared_bits") < (Long) all.get("pruned_bits"));
    }

    @Test
    void valuesThatAreNotTrainedAreTheMeansOfTheirMembers() throws Exception {
        SmallCompression dense = SmallCompression.run("lenet5");
        SmallCompression small = SmallCompression.run("lenet5", "[kmeans]", "bits = 2", "epochs = 0");
        float[] before = dense.weight("fc2.weight");
        float[] after = small.weight("fc2.weight");
        for (float value : SmallCompression.different(after)) {
            double sum = 0;
            int count = 0;
            for (int i = 0; i < after.length; i++) {
                sum += after[i] == value ? before[i] : 0;
                count += after[i] == value ? 1 : 0;
            }
            assertEquals(sum / count, value, 1e-4);
        }
        assertFalse(small.piece().net().parameters().values().stream()
                .map(Parameter::parametrization)
                .anyMatch(p -> p.isPresent()));
    }
}
