package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.model.LeNet;
import espalier.nn.train.Evaluation;
import espalier.sparsity.Granularity;
import espalier.sparsity.Projection;
import espalier.sparsity.Sparsity;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All forms run the same network; how long they take is for a machine to say, what is made of it is tested. */
class NetworkTimesTest {
    private static final Shape INPUT = Shape.of(1, 28, 28);

    /** LeNet-5 with 10 of 50 filters of conv2 left, and no bias for the others. */
    private static Module pruned() {
        Module net = LeNet.lenet5(Init.of(3));
        Parameter conv2 = Objects.requireNonNull(Sparsity.weights(net).get("conv2.weight"));
        conv2.set(Projection.largest(Granularity.FILTER, 10).nearest(conv2.raw().value()));
        return net;
    }

    @ParameterizedTest
    @EnumSource(NetworkForm.class)
    void everyFormRunsTheNetwork(NetworkForm form) {
        Tensor images = RandomSource.of(5).uniform(Device.cpu(), INPUT.inserting(0, 3), -1, 1);
        float[] expected = Evaluation.outputs(pruned(), images).toFloats();
        float[] found = NetworkTimes.model(form, pruned(), INPUT, Device.cpu())
                .run(images)
                .toFloats();
        assertEquals(30, found.length);
        float tolerance = form.sameResults() ? 1e-5f : form == NetworkForm.INT8 ? 0.05f : 100;
        assertArrayEquals(expected, found, tolerance);
    }

    @Test
    void theCutFormIsSmaller() {
        long whole = NetworkTimes.model(NetworkForm.DENSE, pruned(), INPUT, Device.cpu())
                .program()
                .macs();
        long cut = NetworkTimes.model(NetworkForm.CUT, pruned(), INPUT, Device.cpu())
                .program()
                .macs();
        assertEquals(2_293_000, whole);
        assertEquals(2_293_000 - 1_600_000 * 4 / 5 - 400_000 * 4 / 5, cut);
    }

    @Test
    void speedUpsAndTheFastestFollowFromTheTimes() {
        AtomicInteger calls = new AtomicInteger();
        // Dense 1 and 10 s, then CSR 2 and 2, blocks 3 and 3 ... int8 0.1 and 0.1 (which has other results).
        double[] seconds = {1, 10, 2, 2, 3, 3, 4, 4, 0.5, 5, 0.1, 0.1, 0.1, 0.1};
        NetworkTimes times =
                NetworkTimes.measure(NetworkTimesTest::pruned, NetworkTimesTest::pruned, INPUT, Device.cpu(), run -> {
                    run.run();
                    return seconds[calls.getAndIncrement()];
                });
        assertEquals(seconds.length, calls.get());
        assertEquals(2_000, times.milliseconds(NetworkForm.CSR, 128));
        assertEquals(5, times.speedUp(NetworkForm.CSR, 128));
        assertEquals(0.5, times.speedUp(NetworkForm.CSR, 1));
        assertEquals(NetworkForm.CSR, times.fastest(128));
        assertEquals(NetworkForm.CUT, times.fastest(1));
        List<String> lines = times.toString().lines().toList();
        assertEquals(8, lines.size());
        assertTrue(lines.get(2).matches("CSR +2000.000 +0.50x +2000.000 +5.00x"), lines.get(2));
    }
}
