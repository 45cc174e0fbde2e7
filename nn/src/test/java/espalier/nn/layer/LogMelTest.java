package espalier.nn.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.autograd.Variable;
import espalier.nn.Close;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Log-mel frames against a value worked out by hand and against SciPy. */
class LogMelTest {
    private static LogMel layer(int window, int hop, int bands) {
        return new LogMel(Device.cpu(), 8000, window, hop, bands);
    }

    private static Tensor sound(int length, IntToDoubleFunction wave) {
        float[] samples = new float[length];
        for (int n = 0; n < length; n++) {
            samples[n] = (float) wave.applyAsDouble(n);
        }
        return Tensor.of(samples, 1, 1, length);
    }

    private static Tensor apply(LogMel layer, Tensor sound) {
        return layer.apply(Variable.constant(sound)).value();
    }

    /**
     * Half a cosine of 1,000 Hz has |X| = 64·0.5/2·(1/2) = 8 there and half of that at the neighbours, 875 and 1,125
     * Hz. The one band's peak is where the mel scale is half of 4,000 Hz's 2,146.065: at 700·(10^(1073.033/2595) − 1) =
     * 1,113.836 Hz. So its energy is 16·875/1113.836 + 64·1000/1113.836 + 16·(4000 − 1125)/(4000 − 1113.836) =
     * 85.96639.
     */
    @Test
    void aCosineByHand() {
        Tensor sound = sound(64, n -> 0.5 * Math.cos(2 * Math.PI * n / 8));
        Close.near(1e-6, apply(layer(64, 64, 1), sound), Math.log(85.96639));
    }

    /**
     * {@code numpy.abs(scipy.signal.stft(x, 8000, "hann", 64, 16, boundary=None, padded=False)[2]·32)²} through
     * triangles by {@code numpy.interp}: SciPy 1.17.1.
     */
    @Test
    void aChirpAsScipyHasIt() {
        Tensor sound = sound(200, n -> 0.5 * Math.sin(2 * Math.PI * 0.03 * n + 0.001 * n * n));
        Tensor frames = apply(layer(64, 48, 5), sound);
        assertEquals(Shape.of(1, 5, 3), frames.shape());
        Close.near(
                2e-4,
                frames,
                4.3171709,
                3.8533215,
                2.7896436,
                2.8968516,
                3.8851944,
                4.3629614,
                -5.6818870,
                -2.8455441,
                0.2050452,
                -10.7645774,
                -9.3927102,
                -8.5999065,
                -13.2677328,
                -12.3595240,
                -12.1571450);
    }

    @Test
    void silenceIsTheFloor() {
        double floor = Math.log(1e-6);
        Close.near(1e-6, apply(layer(64, 64, 2), sound(130, n -> 0)), floor, floor, floor, floor);
    }

    @Test
    void multiplyAddsOfBothSums() {
        // Three frames of 2·33 waves of 64 samples, then 5 bands of 33.
        assertEquals(3 * (66 * 64 + 5 * 33), layer(64, 48, 5).macs(Shape.of(1, 1, 200), Shape.of(1, 5, 3)));
    }

    @Test
    void whatMakesNoSense() {
        refused(
                "log-mel: band 1 of 40, 0 to 68 Hz, falls between the frequencies of a window of 64 samples at 8000 Hz,"
                        + " which are 125.0 Hz apart; take fewer bands or a longer window",
                () -> layer(64, 32, 40));
        refused(
                "log-mel: rate 8000, hop 0 and bands 5 must be at least 1, window 64 even and at least 2",
                () -> layer(64, 0, 5));
        refused(
                "log-mel: rate 8000, hop 1 and bands 5 must be at least 1, window 63 even and at least 2",
                () -> layer(63, 1, 5));
    }

    private static void refused(String sentence, Executable making) {
        assertEquals(
                sentence, assertThrows(IllegalArgumentException.class, making).getMessage());
    }
}
