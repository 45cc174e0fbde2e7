package espalier.nn.layer;

import espalier.autograd.Reshaping;
import espalier.autograd.Variable;
import espalier.nn.Module;
import java.util.List;

/** Branches on the same input, their outputs joined along the channel axis. */
public final class Concat extends Module {
    private final List<Module> branches;

    /** These branches, called 0, 1, 2, … in paths. */
    public Concat(Module... branches) {
        this.branches = List.of(branches);
        for (int i = 0; i < branches.length; i++) {
            child(Integer.toString(i), branches[i]);
        }
    }

    @Override
    protected Variable forward(Variable x) {
        return Reshaping.concat(
                1, branches.stream().map(branch -> branch.apply(x)).toList());
    }
}
