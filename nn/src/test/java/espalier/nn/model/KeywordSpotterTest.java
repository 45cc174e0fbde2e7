package espalier.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Summary;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** What the two networks for short words count, by hand, and that they read a sound to its end. */
class KeywordSpotterTest {
    /** 8,192 samples are 63 frames; each is 258 waves of 256 samples and 32 bands of 129 frequencies. */
    private static final long FEATURES = 63 * (258 * 256 + 32 * 129);

    private static final int NORM_AND_CLASSIFIER = 2 * 32 + 64 * 10 + 10;

    private static void check(KeywordSpotter model, long parameters, long macs) {
        Summary summary = Summary.of(model, Shape.of(1, 1, 8192));
        assertEquals(parameters + NORM_AND_CLASSIFIER, summary.parameters());
        assertEquals(FEATURES + macs + 640, summary.macs());
    }

    @Test
    void fastGrnn() {
        long matrices = 64 * 32 + 64 * 64;
        check(KeywordSpotter.fastGrnn(Init.of(1), 10), matrices + 2 * 64 + 2, 63 * matrices);
    }

    @Test
    void gru() {
        long matrices = 3 * 64 * (32 + 64);
        check(KeywordSpotter.gru(Init.of(1), 10), matrices + 6 * 64, 63 * matrices);
    }

    @Test
    void theLastSamplesCount() {
        KeywordSpotter model = KeywordSpotter.gru(Init.of(1), 3);
        Tensor sound = RandomSource.of(1).normal(Device.cpu(), Shape.of(1, 1, 1024));
        Tensor other = sound.mul(1);
        other.narrow(2, 1000, 24).fillInPlace(0);
        double difference =
                scores(model, sound).sub(scores(model, other)).abs().sum().item();
        assertTrue(difference > 1e-3, "they differ by " + difference);
    }

    private static Tensor scores(KeywordSpotter model, Tensor sound) {
        return model.apply(Variable.constant(sound)).value();
    }
}
