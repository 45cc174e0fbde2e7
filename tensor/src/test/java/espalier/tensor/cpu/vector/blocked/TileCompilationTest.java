package espalier.tensor.cpu.vector.blocked;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Device;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.vector.channels.BlockTiles;
import espalier.tensor.cpu.vector.channels.NarrowTile;
import espalier.tensor.cpu.vector.channels.OuterTiles;
import espalier.tensor.cpu.vector.channels.QuadTile;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Tiles are small enough for the first compiler (C1) with all that collects a profile. It gives up on larger ones, and
 * then C2 may never see them: one process in twelve would be slower by a factor of 80.
 */
class TileCompilationTest {
    @Test
    void theFirstCompilerTakesAllTiles() throws IOException, InterruptedException, URISyntaxException {
        String tiles = "-XX:CompileCommand=compileonly,espalier.tensor.cpu.vector.";
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "-Xcomp",
                        "-XX:TieredStopAtLevel=3",
                        "-XX:CompileCommand=quiet",
                        tiles + "channels.*::*",
                        tiles + "blocked.StemTile::*",
                        tiles + "conv.OffsetTiles::*",
                        tiles + "conv.TallOffsetTiles::*",
                        tiles + "gemm.GemmTile::*",
                        tiles + "gemm.TallTiles::*",
                        "-XX:+PrintCompilation",
                        "-cp",
                        root(BlockTiles.class) + File.pathSeparator + root(Tiles.class),
                        Tiles.class.getName())
                .redirectErrorStream(true)
                .start();
        List<String> lines = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertEquals(0, child.waitFor(), lines::toString);
        String largest = "tile" + RowGroups.MOST + " ";
        assertTrue(lines.stream().anyMatch(line -> line.contains("BlockTiles::" + largest)), lines::toString);
        for (String name : List.of(
                "StemTile::tile",
                "NarrowTile::run",
                "OuterTiles::tile",
                "TwoByTwo::turn",
                "QuadTile::tile",
                "SixPoints::pixels",
                "FourByFour::results",
                "TwoOfFive::results",
                "OffsetTiles::tile" + Math.min(4, RowGroups.MOST) + "x2",
                "GemmTile::tile2x4")) {
            assertTrue(lines.stream().anyMatch(line -> line.contains(name)), lines::toString);
        }
        assertEquals(
                List.of(),
                lines.stream().filter(line -> line.contains("COMPILE SKIPPED")).toList());
    }

    /** The folder of a class's package tree. */
    private static Path root(Class<?> type) throws URISyntaxException {
        String file = type.getName().replace('.', '/') + ".class";
        Path root = Path.of(type.getResource("/" + file).toURI());
        for (int i = 0; i < Path.of(file).getNameCount(); i++) {
            root = root.getParent();
        }
        return root;
    }

    /** Runs each tile once. */
    static final class Tiles {
        private Tiles() {}

        public static void main(String[] args) {
            float[] numbers = new float[100 * Lanes.COUNT];
            int[] terms = {0};
            for (int pixels = 1; pixels <= RowGroups.MOST; pixels++) {
                BlockTiles.run(pixels, 1, numbers, 0, terms, 0, numbers, 0, numbers, 0, numbers, 0, 0);
            }
            int[] starts = {0, Lanes.COUNT, 2 * Lanes.COUNT, 3 * Lanes.COUNT};
            ConvTile convolution = new ConvTile(starts, starts, 4 * Lanes.COUNT);
            Device cpu = Device.cpu(1);
            for (int rows = 1; rows <= RowGroups.MOST; rows++) {
                for (int vectors : new int[] {2, 4}) {
                    convolution.run(
                            rows, 1, numbers, 0, terms, 0, numbers, 0, numbers, 0, 0, vectors, true, numbers, 0);
                }
                Tensor.ones(rows, 3)
                        .to(cpu)
                        .matmul(Tensor.ones(3, 8 * Lanes.COUNT).to(cpu));
            }
            NarrowTile.run(1, numbers, 0, terms, numbers, 0, numbers, 0);
            OuterTiles.pair(1, numbers, 0, numbers, 0, 0, numbers, 0, 2 * Lanes.COUNT, true);
            OuterTiles.single(1, numbers, 0, numbers, 0, numbers, 0, Lanes.COUNT, true);
            QuadTile.run(1, numbers, 0, terms, 0, 1, numbers, 0, 0, 0, 4, numbers, 0, 0);
            for (Squares kind : Squares.values()) {
                int row = kind.reach() * Lanes.COUNT;
                kind.turnPixels(numbers, 0, row, 1, numbers, 0, Lanes.COUNT);
                kind.turnGradients(numbers, 0, row, 1, numbers, 0, Lanes.COUNT);
                kind.turnBack(numbers, 0, Lanes.COUNT, 1, numbers, 0, numbers, 0, row);
                kind.turnWeights(numbers, 0, new int[kind.taps()], numbers, 0, Lanes.COUNT);
                kind.turnWeightsBack(numbers, 0, Lanes.COUNT, numbers, 0, Lanes.COUNT);
            }
            StemTile.run(numbers, 0, terms, numbers, 0, numbers, 0, 0f, numbers, 0, 0);
        }
    }
}
