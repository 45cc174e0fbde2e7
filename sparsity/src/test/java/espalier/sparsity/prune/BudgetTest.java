package espalier.sparsity.prune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.sparsity.Granularity;
import espalier.sparsity.Prunable;
import espalier.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetTest {
    @TempDir
    private Path folder;

    private static List<Prunable> layers() {
        return List.of(layer("a", 10), layer("b", 30));
    }

    private static Prunable layer(String path, int units) {
        return new Prunable(
                path, new Parameter("weight", Role.WEIGHT, Tensor.ones(units).cumsum(0)), Granularity.ELEMENT);
    }

    /** 8 of 10 and 6 of 30 is a density of 14/40; half way there, 9 and 18. */
    @Test
    void sharesOnTheWay() {
        Budget budget = new Budget(Map.of("a", 0.8, "b", 0.2));
        assertEquals(14 / 40.0, budget.density(layers()), 1e-12);
        assertArrayEquals(new int[] {8, 6}, budget.keeps(layers(), 14 / 40.0, 1));
        assertArrayEquals(new int[] {9, 18}, budget.keeps(layers(), 27 / 40.0, 1));
        assertArrayEquals(new int[] {10, 30}, budget.keeps(layers(), 1, 1));
        assertArrayEquals(new int[] {8, 7}, budget.keeps(layers(), 14 / 40.0, 7));
        Exception refused = assertThrows(IllegalArgumentException.class, () -> budget.keeps(layers(), 0.1, 1));
        assertTrue(refused.getMessage().startsWith("budget: leaves a density of 0.35, but 0.1 is asked for"));
    }

    /** What was found in one network prunes another to the same counts, by way of a file. */
    @Test
    void outAndInAgain() throws IOException {
        List<Prunable> found = layers();
        MagnitudePruning.prune(found, Allocation.GLOBAL, 0.5);
        Path csv = folder.resolve("budget.csv");
        Budget.of(found).write(csv);
        Budget read = Budget.read(csv);
        assertEquals(Budget.of(found), read);
        List<Prunable> other = layers();
        MagnitudePruning.prune(other, read, 0.5);
        assertEquals(
                found.stream().map(Prunable::liveUnits).toList(),
                other.stream().map(Prunable::liveUnits).toList());
    }

    /** As a person writes a budget: layers without the name of their weight, each once. */
    @Test
    void aLayersNameStandsForItsWeight() throws IOException {
        Budget budget = new Budget(Map.of("conv1", 0.3, "conv1.weight", 0.5, "fc", 0.1));
        List<Prunable> named = List.of(layer("conv1.weight", 10), layer("fc.weight", 30));
        assertArrayEquals(new int[] {5, 3}, budget.keeps(named, 0.2, 1));
        Path csv = folder.resolve("twice.csv");
        Files.writeString(csv, "layer,density\na,0.5\na , 0.6\n");
        Exception twice = assertThrows(IOException.class, () -> Budget.read(csv));
        assertEquals(csv + ": line 3 names a a second time", twice.getMessage());
    }

    /** Every line is a layer of the network, though perhaps not one of those to prune; each of those has a line. */
    @Test
    void aBudgetForANetworkNamesItsLayers() throws IOException {
        List<String> network = List.of("conv1.weight", "bn1.scale", "fc.weight", "fc2.weight");
        List<Prunable> layers = List.of(layer("conv1.weight", 10), layer("fc.weight", 30));
        Path csv = folder.resolve("of.csv");
        Files.writeString(csv, "layer,density\nfc2.weight,1\nbn1,0.5\nconv1,0.3\nfc.weight,0.1\n");
        Budget budget = Budget.read(csv, network, layers);
        assertEquals(
                Map.of("fc2.weight", 1.0, "bn1.scale", 0.5, "conv1.weight", 0.3, "fc.weight", 0.1), budget.densities());
        refused(
                csv,
                "fc.weight,0.1\nfc9,0.5",
                "line 3 names fc9, which is no layer of the network; there are "
                        + "conv1.weight, bn1.scale, fc.weight, fc2.weight",
                network,
                layers);
        refused(csv, "conv1,0.1\nconv1.weight,0.5", "line 3 names conv1.weight a second time", network, layers);
        refused(
                csv,
                "conv1,0.1\nfc2,0.5",
                "has no line for fc.weight, which is to be pruned; "
                        + "give it one, with a density of 1 if it shall stay dense",
                network,
                layers);
    }

    private static void refused(Path csv, String lines, String message, List<String> network, List<Prunable> layers)
            throws IOException {
        Files.writeString(csv, "layer,density\n" + lines + "\n");
        Exception refused = assertThrows(IOException.class, () -> Budget.read(csv, network, layers));
        assertEquals(csv + ": " + message, refused.getMessage());
    }

    @Test
    void ofChannelsIsTheRoot() {
        assertEquals(0.5, new Budget(Map.of("a", 0.25)).ofChannels().densities().get("a"));
    }

    @Test
    void badFilesAreRefusedByLine() throws IOException {
        Path csv = folder.resolve("bad.csv");
        Files.writeString(csv, "layer,density\na,0.5\nb,1.5\n");
        Exception beyond = assertThrows(IOException.class, () -> Budget.read(csv));
        assertEquals(csv + ": line 3 is 'b,1.5', not a layer, a comma and a density from 0 to 1", beyond.getMessage());
        Files.writeString(csv, "a,0.5\n");
        Exception headless = assertThrows(IOException.class, () -> Budget.read(csv));
        assertEquals(csv + ": is no budget: its first line must be 'layer,density'", headless.getMessage());
        Exception missing = assertThrows(
                IllegalArgumentException.class, () -> new Budget(Map.of("a", 0.5)).keeps(layers(), 0.9, 1));
        assertEquals("budget: has no share for b; it has shares for a", missing.getMessage());
    }
}
