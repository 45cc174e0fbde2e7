package espalier.sparsity.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.sparsity.export.Nonlinearity;
import espalier.sparsity.export.Operation;
import espalier.sparsity.export.Program;
import espalier.sparsity.export.Step;
import espalier.tensor.Shape;
import espalier.tensor.spi.PoolSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
    private static Step step(Operation operation, Integer... inputs) {
        return new Step("", operation, List.of(inputs), Nonlinearity.NONE);
    }

    @Test
    void aChainNeedsItsTwoLargestNeighbours() {
        PoolSpec same = PoolSpec.of(1, 1);
        Program program = new Program(
                Shape.of(16, 4, 4),
                List.of(
                        step(new Operation.MaxPool(same), 0),
                        step(new Operation.MaxPool(same), 1),
                        step(new Operation.MaxPool(same), 2)));
        MemoryPlan plan = new MemoryPlan(program, BlockPlan.none(program));
        assertEquals(2 * 256, plan.size());
        assertEquals(plan.offset(0), plan.offset(2));
        assertEquals(plan.offset(1), plan.offset(3));
    }

    @Test
    void whatIsReadLaterIsNotOverwritten() {
        Program program = new Program(
                Shape.of(16, 4, 4),
                List.of(
                        step(new Operation.MaxPool(PoolSpec.of(1, 1)), 0), // 1
                        step(new Operation.Identity(), 1), // 2 may not take over 1, which the sum reads
                        step(new Operation.Identity(), 2), // 3 takes over 2
                        step(new Operation.Add(), 1, 3), // 4 takes over 1
                        step(new Operation.Flatten(), 4))); // 5 is 4
        MemoryPlan plan = new MemoryPlan(program, BlockPlan.none(program));
        assertTrue(plan.offset(1) != plan.offset(2));
        assertEquals(plan.offset(2), plan.offset(3));
        assertEquals(plan.offset(1), plan.offset(4));
        assertEquals(plan.offset(4), plan.offset(5));
        assertEquals(2 * 256, plan.size());
    }
}
