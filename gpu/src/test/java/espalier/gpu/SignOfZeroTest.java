package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Discovery;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Zeros compare equal, and yet −0 is the smaller one, as in Java. */
class SignOfZeroTest {
    private static final float[] LEFT = {0f, -0f, 0f, -0f, Float.NaN, -0f};
    private static final float[] RIGHT = {-0f, 0f, 0f, -0f, -0f, Float.NaN};

    @ParameterizedTest
    @EnumSource(Flavour.class)
    void theNegativeZeroIsTheSmaller(Flavour flavour) {
        TestDevice.first();
        CommandQueue queue = new CommandQueue(Discovery.now().devices().getFirst());
        try (OpenClBackend backend = new OpenClBackend(queue, flavour)) {
            Device device = new Device("own", backend);
            Tensor a = Tensor.of(LEFT, LEFT.length).to(device);
            Tensor b = Tensor.of(RIGHT, RIGHT.length).to(device);
            float[] least = new float[LEFT.length];
            float[] most = new float[LEFT.length];
            for (int i = 0; i < LEFT.length; i++) {
                least[i] = Math.min(LEFT[i], RIGHT[i]);
                most[i] = Math.max(LEFT[i], RIGHT[i]);
            }
            assertArrayEquals(least, a.min(b).toFloats());
            assertArrayEquals(most, a.max(b).toFloats());
            for (int count : new int[] {3, 5000}) {
                for (int at : new int[] {0, 1, count - 1}) {
                    float[] zeros = new float[count];
                    zeros[at] = -0f;
                    Tensor x = Tensor.of(device, zeros, Shape.of(count));
                    assertEquals(-0f, (float) x.minOver().item(), count + " zeros, at " + at);
                    assertEquals(0f, (float) x.neg().maxOver().item(), count + " negative zeros, at " + at);
                }
            }
        }
    }
}
