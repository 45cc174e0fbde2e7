package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.report.BarChart;
import espalier.examples.train.ModelCatalog;
import espalier.examples.train.ModelFile;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Summary;
import espalier.nn.train.Evaluation;
import espalier.sparsity.Sparsity;
import espalier.sparsity.prune.LayerHistory;
import espalier.sparsity.surgery.Plan;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stages that remove channels by the scales of batch norm. */
class ChannelStagesTest {
    @Test
    void slimmingKeepsTheChannelsOfTheLargestScales() throws Exception {
        SmallCompression small = SmallCompression.run(
                "lenet5-bn", "[slimming]", "sparsity = 50%", "epochs = 1", "[retrain]", "epochs = 1");
        Shape conv1 = Objects.requireNonNull(
                        Sparsity.weights(small.piece().net()).get("conv1.weight"))
                .shape();
        Shape conv2 = Objects.requireNonNull(
                        Sparsity.weights(small.piece().net()).get("conv2.weight"))
                .shape();
        assertEquals(35, conv1.dim(0) + conv2.dim(0));
        assertEquals(conv1.dim(0), conv2.dim(1));
        assertTrue(small.told.toString().contains("35 of 70 channels are left"), small.told.toString());
        List<BarChart.Bar> bars = CompressionReport.left(small.piece().layerRows());
        assertEquals(
                List.of("bn1.scale", "bn2.scale"),
                bars.stream().map(BarChart.Bar::name).toList());
        assertEquals(
                List.of((long) conv1.dim(0), (long) conv2.dim(0)),
                bars.stream().map(BarChart.Bar::kept).toList());
    }

    /** Two stages that watched the same layers: the picture shows where the second left them. */
    @Test
    void theLastStageIsDrawn() {
        List<LayerHistory.Row> rows = List.of(
                new LayerHistory.Row(2, "a", 10, 9, OptionalDouble.empty()),
                new LayerHistory.Row(2, "b", 20, 8, OptionalDouble.empty()),
                new LayerHistory.Row(3, "b", 20, 7, OptionalDouble.empty()),
                new LayerHistory.Row(1, "a", 10, 6, OptionalDouble.of(0.5)),
                new LayerHistory.Row(2, "a", 10, 5, OptionalDouble.of(0.5)));
        assertEquals(List.of(new BarChart.Bar("a", 5, 10), new BarChart.Bar("b", 7, 20)), CompressionReport.left(rows));
        assertEquals("2,a,10,5,0.500000,0.5", rows.getLast().csv());
        assertEquals("2,a,10,9,0.100000,", rows.getFirst().csv());
    }

    /** What is cut between two stages is not trained any more, and both cuts are in the file. */
    @Test
    void aCutBetweenStagesLeavesASmallerNetworkToTrain() throws Exception {
        SmallCompression small = SmallCompression.run(
                "lenet5-bn",
                "[admm]",
                "filters = conv1 10, conv2 20, fc1 100",
                "epochs = 1",
                "[cut]",
                "[magnitude]",
                "granularity = filter",
                "only = conv2",
                "sparsity = 50%",
                "[retrain]",
                "epochs = 1");
        List<Plan> cuts = small.piece().cuts();
        assertEquals(2, cuts.size());
        assertEquals(20 - 10 + 50 - 20 + 500 - 100, cuts.getFirst().channels());
        assertEquals(10, cuts.getLast().channels());
        Map<?, ?> told =
                (Map<?, ?>) Objects.requireNonNull(small.piece().figures().get("cut"));
        assertEquals(20 - 10 + 50 - 20, told.get("silenced"), "a filter's batch norm goes with it");
        assertEquals(430_500, small.piece().milestones().getLast().weights(), "of the dense network");
        ModelCatalog model = ModelCatalog.named("lenet5-bn");
        Module again = model.make(Init.of(7));
        Surgeon.repeat(
                again,
                model.input().inserting(0, 1),
                Objects.requireNonNull(small.work.metadata().get(ModelFile.CUTS)));
        again.load(small.piece().net().state());
        assertEquals(
                small.piece().accuracy(),
                Evaluation.of(again, small.piece().test()).accuracy());
    }

    /** The dense network is what it was, though its shifts are in another form from the next stage on. */
    @Test
    void theDenseNetworkIsTheTrainedOne() throws Exception {
        SmallCompression small = SmallCompression.run(
                "lenet5-bn", "[slimming]", "sparsity = 30%", "epochs = 1", "penalty = 0.01", "lr = 0.05");
        double dense = Evaluation.of(
                        small.piece().teacher().orElseThrow(), small.piece().test())
                .accuracy();
        assertEquals(small.piece().milestones().getFirst().accuracy(), dense);
        assertTrue(dense > 0.3, "it has learned something");
        SmallCompression ready = new SmallCompression("lenet5-bn", "[slimming]", "sparsity = 30%");
        assertTrue(ready.piece().net().parameters().values().stream()
                .allMatch(parameter -> parameter.parametrization().isEmpty()));
    }

    /** A part of the multiply-adds or the parameters of the network after the cut, not of the channels. */
    @ParameterizedTest
    @CsvSource({"macs, 0.6", "parameters, 0.5"})
    void strReachesATargetOfCost(String of, double sparsity) throws Exception {
        SmallCompression small = SmallCompression.run(
                "lenet5-bn", "[str]", "granularity = bn", "sparsity = " + sparsity, "of = " + of, "epochs = 2");
        Shape input = Shape.of(1, 1, 28, 28);
        Summary after = Summary.of(small.piece().net(), input);
        Summary before = Summary.of(small.piece().blank(), input);
        double gone = of.equals("macs")
                ? 1 - (double) after.macs() / before.macs()
                : 1 - (double) after.parameters() / before.parameters();
        assertTrue(gone >= sparsity, of + ": " + gone);
        assertTrue(gone < sparsity + 0.06, of + ": " + gone);
        Map<?, ?> figures =
                (Map<?, ?>) Objects.requireNonNull(small.piece().figures().get("str"));
        assertEquals(gone, (Double) figures.get("reached"), 1e-9);
    }

    @Test
    void eachEpochTellsEachLayer() throws Exception {
        SmallCompression small = SmallCompression.run("lenet5", "[str]", "sparsity = 80%", "epochs = 4");
        String[] lines = small.told
                .toString()
                .lines()
                .filter(line -> line.contains("zero "))
                .toArray(String[]::new);
        assertEquals(4, lines.length, small.told.toString());
        assertTrue(lines[0].matches(" +zero [0-9.]+ %: conv1 .* % \\(.*\\) conv2 .*fc1 .*fc2 .*"), lines[0]);
        assertTrue(lines[3].contains("zero 80.00 %"), lines[3]);
        assertTrue(small.told.toString().contains("decay of the thresholds that led there: mean "));
    }

    @Test
    void nothingSparseIsToldOnceWhileItTrains() throws Exception {
        SmallCompression small =
                SmallCompression.run("lenet5", "[str]", "threshold-decay = 0.0001", "start = -3200", "epochs = 5");
        long warnings = small.told
                .toString()
                .lines()
                .filter(line -> line.startsWith("prune: after 3 epochs nothing is sparse"))
                .count();
        assertEquals(1, warnings, small.told.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            lenet5    | [slimming]; sparsity = 50%                | prune: the model has no batch norm, so there are no scales to prune; prune its filters by Prunable.weights(model, Granularity.FILTER)
            lenet5-bn | [slimming]; sparsity = 50%; only = bn7    | prune: there is no bn7.scale; there are bn1.scale, bn2.scale
            lenet5-bn | [slimming]; sparsity = 1                  | r, line 7: sparsity: 1.0 is not from 0 to below 1
            lenet5-bn | [slimming]; rate = 2; granularity = filter | r, line 8: granularity: slimming removes channels by their scales: bn
            lenet5-bn | [slimming]; rate = 2; penalty = -1        | r, line 8: penalty: -1.0 is below 0
            lenet5-bn | [str]; granularity = bn; of = macs; sparsity = 99.9% | r, line 9: sparsity: 0.9990 of the macs cannot go: with the floor of 1 units a layer, at most 0.9874 can
            lenet5-bn | [str]; granularity = bn; floor = 20; rate = 2 | target: a sparsity of 0.5 cannot be met: 40 of 70 units stay by the floors, so at most 0.4285714285714286 can go
            lenet5    | [ptq]; bits = 1                           | r, line 7: bits: conv1.weight is to have '1', which is not from 2 to 16
            lenet5    | [ptq]; bits = conv9 3                     | there is no layer called conv9 with weights; there are conv1, conv2, fc1, fc2
            lenet5    | [ptq]; activations = 1                    | r, line 7: activations: 1 is neither from 2 to 16 bits nor float
            lenet5    | [ptq]; percentile = 2                     | r, line 7: percentile: 2.0 is not above 0 and at most 1, such as 99.99%
            lenet5    | [qat]; bits = few                         | r, line 7: bits: conv1.weight is to have 'few', which is not from 2 to 16 bits, nor binary or ternary
            lenet5    | [kmeans]; bits = 13                       | r, line 7: bits: conv1.weight is to have '13', which is not from 1 to 12
            lenet5    | [admm]; keep = conv9 5                    | rates: there is no weight called conv9; there are conv1.weight, conv2.weight, fc1.weight, fc2.weight
            """)
    void aMistakeIsFoundBeforeAnythingIsTrained(String model, String lines, String message) {
        Exception refused =
                assertThrows(IllegalArgumentException.class, () -> new SmallCompression(model, lines.split("; ", -1)));
        assertEquals(message, refused.getMessage());
    }
}
