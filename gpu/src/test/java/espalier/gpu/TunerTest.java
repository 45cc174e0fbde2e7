package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceInfo;
import espalier.gpu.opencl.Discovery;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Peak;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the tuner may choose is right, and what it chose is kept; which is fastest is no matter of tests. */
class TunerTest {
    private static DeviceInfo device() {
        TestDevice.first();
        return Discovery.now().devices().getFirst();
    }

    @AfterEach
    void noFolderIsNamedAnyMore() {
        System.clearProperty("espalier.gpu.tuning");
    }

    @Test
    void everyVariantMultipliesRight() {
        Tensor a = RandomSource.of(1).normal(Device.reference(), Shape.of(70, 530));
        Tensor b = RandomSource.of(2).normal(Device.reference(), Shape.of(530, 131));
        float[] expected = a.matmul(b).toFloats();
        for (Flavour flavour : Flavour.values()) {
            try (OpenClBackend backend = new OpenClBackend(new CommandQueue(device()), flavour)) {
                Device place = new Device("own", backend);
                Tensor left = a.to(place);
                Tensor right = b.to(place);
                for (Tuning tuning : variants(flavour)) {
                    Tensor out = Tensor.allocate("matmul", place, DType.F32, Shape.of(70, 131));
                    backend.productAs(tuning).matmul(left, right, out);
                    float[] actual = out.toFloats();
                    for (int i = 0; i < expected.length; i++) {
                        assertEquals(expected[i], actual[i], 1e-3, flavour + " " + tuning + " at " + i);
                    }
                }
            }
        }
    }

    /** Those that are different kernels, on GPUs without those of the table, which the conformance suite has. */
    private static List<Tuning> variants(Flavour flavour) {
        return flavour == Flavour.CPU
                ? Tuning.candidates(flavour)
                : List.of(new Tuning(8, 512, 8), new Tuning(32, 512, 8), new Tuning(16, 0, 16));
    }

    @Test
    void whatIsFastestIsKeptForTheDevice(@TempDir Path folder) throws IOException {
        System.setProperty("espalier.gpu.tuning", folder.toString());
        DeviceInfo device = device();
        try (CommandQueue queue = new CommandQueue(device)) {
            List<String> lines = Tuner.run(queue, Flavour.CPU, List.of(new int[] {20, 20, 20}));
            assertEquals(Tuning.candidates(Flavour.CPU).size() + 1, lines.size());
            String found = Tuning.of(device, Flavour.CPU).text();
            assertTrue(
                    lines.getLast().startsWith("fastest: " + found + ", kept for the next start in "), lines::toString);
        }
        Tuning other = new Tuning(64, Integer.MAX_VALUE, 8);
        Path file = other.keep(device, Flavour.CPU).orElseThrow();
        assertEquals(other, Tuning.of(device, Flavour.CPU));
        assertEquals(Tuning.builtIn(Flavour.GPU), Tuning.of(device, Flavour.GPU), "each flavour has its own");
        for (String spoiled : List.of("", "depth 64", "depth 7, never large", "\0\1")) {
            Files.writeString(file, spoiled);
            assertEquals(Tuning.builtIn(Flavour.CPU), Tuning.of(device, Flavour.CPU), spoiled);
        }
        assertNotEquals(other, Tuning.builtIn(Flavour.CPU));
    }

    @Test
    void thePeakIsMeasured() {
        device();
        Peak peak = TestDevice.first().backend().peak().orElseThrow();
        assertTrue(peak.flops() > 1e8 && peak.flops() < 1e15, peak::toString);
        assertTrue(peak.bytes() > 1e7 && peak.bytes() < 1e14, peak::toString);
    }
}
