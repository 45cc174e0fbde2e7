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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.junit.jupiter.api.Test;

/** Both compilers take all tiles, and make registers of their vectors. */
class TileCompilationTest {
    private static final String BYTES = ", bytes a call: ";

    /**
     * Tiles are small enough for the first compiler (C1) with all that collects a profile. It gives up on larger ones,
     * and then C2 may never see them: one process in twelve would be slower by a factor of 80.
     */
    @Test
    void theFirstCompilerTakesAllTiles() throws IOException, InterruptedException, URISyntaxException {
        String tiles = "-XX:CompileCommand=compileonly,espalier.tensor.cpu.vector.";
        List<String> lines = said(List.of(
                "-Xcomp",
                "-XX:TieredStopAtLevel=3",
                "-XX:CompileCommand=quiet",
                tiles + "channels.*::*",
                tiles + "blocked.StemTile::*",
                tiles + "conv.OffsetTiles::*",
                tiles + "conv.TallOffsetTiles::*",
                tiles + "gemm.GemmTile::*",
                tiles + "gemm.TallTiles::*",
                "-XX:+PrintCompilation"));
        String largest = "tile" + BlockTiles.MOST + " ";
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

    /**
     * Past 18,000 nodes the second compiler (C2) puts calls off, and what then is called on a vector of unknown class
     * goes by what others called it on; see {@link Lanes#VECTOR}. Mostly the types it speculates on save it, so here it
     * has to do without.
     */
    @Test
    void theSecondCompilerMakesNoObjects() throws IOException, InterruptedException, URISyntaxException {
        List<String> lines =
                said(List.of("-XX:-UseTypeSpeculation", "-XX:+UseSerialGC", "-XX:-UseTLAB", "-Xbatch"), "objects");
        List<String> tiles = lines.stream().filter(line -> line.contains(BYTES)).toList();
        assertTrue(tiles.size() > 30, lines::toString);
        assertEquals(
                List.of(),
                tiles.stream().filter(line -> !line.endsWith(BYTES + 0)).toList());
    }

    private static List<String> said(List<String> options, String... arguments)
            throws IOException, InterruptedException, URISyntaxException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector"));
        command.addAll(options);
        command.addAll(
                List.of("-cp", root(BlockTiles.class) + File.pathSeparator + root(Tiles.class), Tiles.class.getName()));
        command.addAll(List.of(arguments));
        Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertEquals(0, child.waitFor(), lines::toString);
        return lines;
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

    /** Runs each tile, as often as asked. */
    static final class Tiles {
        private static final float[] NUMBERS = new float[100 * Lanes.COUNT];
        private static final int[] TERMS = {0};

        private Tiles() {}

        /** Once, or as often as the second compiler (C2) wants; then prints what objects each tile has made. */
        public static void main(String[] args) {
            if (args.length == 0) {
                Device cpu = Device.cpu(1);
                tiles().values().forEach(Runnable::run);
                for (int rows = 1; rows <= RowGroups.MOST; rows++) {
                    for (int vectors : new int[] {2, 4}) {
                        Tensor.ones(rows, 3)
                                .to(cpu)
                                .matmul(Tensor.ones(3, vectors * 2 * Lanes.COUNT)
                                        .to(cpu));
                    }
                }
                return;
            }
            for (VectorSpecies<Float> species : List.of(Lanes.FLOATS, FloatVector.SPECIES_128, Lanes.FLOATS)) {
                for (int i = 0; i < 20_000; i++) {
                    mix(species);
                }
            }
            tiles().forEach((name, tile) -> {
                for (int i = 0; i < 20_000; i++) {
                    tile.run();
                }
                System.gc();
                long free = Runtime.getRuntime().freeMemory();
                for (int i = 0; i < 1000; i++) {
                    tile.run();
                }
                IO.println(name + BYTES + (free - Runtime.getRuntime().freeMemory()) / 1000);
            });
        }

        private static void mix(VectorSpecies<Float> species) {
            FloatVector a = FloatVector.fromArray(species, NUMBERS, 0);
            FloatVector b = FloatVector.broadcast(species, 2f);
            a.add(b).sub(b).mul(b).max(b).min(b).fma(a, b).intoArray(NUMBERS, 0);
        }

        private static Map<String, Runnable> tiles() {
            Map<String, Runnable> tiles = new LinkedHashMap<>();
            float[] x = NUMBERS;
            for (int pixels = 1; pixels <= BlockTiles.MOST; pixels++) {
                int n = pixels;
                tiles.put("BlockTiles " + n, () -> BlockTiles.run(n, 1, x, 0, TERMS, 0, x, 0, x, 0, x, 0, 0));
            }
            int[] starts = {0, Lanes.COUNT, 2 * Lanes.COUNT, 3 * Lanes.COUNT};
            ConvTile convolution = new ConvTile(starts, starts, 4 * Lanes.COUNT);
            for (int rows = 1; rows <= RowGroups.MOST; rows++) {
                int n = rows;
                for (int vectors : new int[] {2, 4}) {
                    tiles.put(
                            "ConvTile " + n + " x " + vectors,
                            () -> convolution.run(n, 1, x, 0, TERMS, 0, x, 0, x, 0, 0, vectors, true, x, 0));
                }
            }
            tiles.put("NarrowTile", () -> NarrowTile.run(1, x, 0, TERMS, x, 0, x, 0));
            tiles.put("OuterTiles, two", () -> OuterTiles.pair(1, x, 0, x, 0, 0, x, 0, 2 * Lanes.COUNT, true));
            tiles.put("OuterTiles, one", () -> OuterTiles.single(1, x, 0, x, 0, x, 0, Lanes.COUNT, true));
            tiles.put("QuadTile", () -> QuadTile.run(1, x, 0, TERMS, 0, 1, x, 0, 0, 0, 4, x, 0, 0));
            for (Squares kind : Squares.values()) {
                int row = kind.reach() * Lanes.COUNT;
                int[] taps = new int[kind.taps()];
                tiles.put(kind + ", pixels", () -> kind.turnPixels(x, 0, row, 1, x, 0, Lanes.COUNT));
                tiles.put(kind + ", gradients", () -> kind.turnGradients(x, 0, row, 1, x, 0, Lanes.COUNT));
                tiles.put(kind + ", results", () -> kind.turnBack(x, 0, Lanes.COUNT, 1, x, 0, x, 0, row));
                tiles.put(kind + ", weights", () -> kind.turnWeights(x, 0, taps, x, 0, Lanes.COUNT));
                tiles.put(kind + ", weights back", () -> kind.turnWeightsBack(x, 0, Lanes.COUNT, x, 0, Lanes.COUNT));
            }
            tiles.put("StemTile", () -> StemTile.run(x, 0, TERMS, x, 0, x, 0, 0f, x, 0, 0));
            return tiles;
        }
    }
}
