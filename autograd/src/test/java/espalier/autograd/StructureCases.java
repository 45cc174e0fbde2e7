package espalier.autograd;

import static espalier.autograd.GradientCase.doubles;
import static espalier.autograd.GradientCase.indices;
import static espalier.autograd.GradientCase.mask;

import espalier.tensor.PadMode;
import espalier.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Reductions over every choice of axes, reshaping, and selection. */
final class StructureCases {
    private final List<GradientCase> cases = new ArrayList<>();

    static List<GradientCase> all() {
        StructureCases all = new StructureCases();
        all.reducing();
        all.reshaping();
        all.selecting();
        return all.cases;
    }

    private void reducing() {
        int[][] choices = {{}, {0}, {-1}, {0, 2}, {2, 1}};
        for (int[] axes : choices) {
            one("Reducing.sum(int[])", x -> x.sum(axes), 2, 3, 5);
            one("Reducing.mean(int[])", x -> x.mean(axes), 2, 3, 5);
            one("Reducing.prod(int[])", x -> x.prod(axes), 2, 3, 2);
            one("Reducing.norm(int[])", x -> x.norm(axes), 2, 3, 5);
            distinct("Reducing.maxOver(int[])", x -> x.maxOver(axes), 2, 3, 5);
            distinct("Reducing.minOver(int[])", x -> x.minOver(axes), 2, 3, 5);
            for (boolean keep : new boolean[] {false, true}) {
                one("Reducing.sum(boolean, int[])", x -> x.sum(keep, axes), 2, 3, 5);
                one("Reducing.mean(boolean, int[])", x -> x.mean(keep, axes), 2, 3, 5);
                one("Reducing.var(int, boolean, int[])", x -> x.var(0, keep, axes), 2, 3, 5);
                one("Reducing.var(int, boolean, int[])", x -> x.var(1, keep, axes), 2, 3, 5);
                one("Reducing.sumOfSquares(boolean, int[])", x -> x.sumOfSquares(keep, axes), 2, 3, 5);
                one("Reducing.norm(boolean, int[])", x -> x.norm(keep, axes), 2, 3, 5);
                one("Reducing.logSumExp(boolean, int[])", x -> x.logSumExp(keep, axes), 2, 3, 5);
                distinct("Reducing.maxOver(boolean, int[])", x -> x.maxOver(keep, axes), 2, 3, 5);
                distinct("Reducing.minOver(boolean, int[])", x -> x.minOver(keep, axes), 2, 3, 5);
            }
        }
        one("Reducing.sum(int[])", x -> x.permute(2, 0, 1).sum(1), 2, 3, 5);
        one("Reducing.sum(int[])", Variable::sum, 0, 3);
        one("Reducing.sum(int[])", Variable::sum);
        one("Reducing.mean(int[])", Variable::mean, 1);
        one("Reducing.cumsum(int)", x -> x.cumsum(0), 4, 3);
        one("Reducing.cumsum(int)", x -> x.cumsum(-1), 2, 3, 5);
        // With no, one and two zeros in a row.
        cases.add(GradientCase.of(
                "Reducing.prod(int[])",
                in -> in.get(0).prod(1),
                check -> check.input(doubles(new double[] {1.5, -2, 0.5, 2, 0, -3, 0, 0.7, 0}, 3, 3))));
    }

    private void reshaping() {
        one("Reshaping.reshape(int[])", x -> x.reshape(3, -1), 2, 3, 2);
        one("Reshaping.reshape(int[])", x -> x.t().reshape(6), 2, 3);
        one("Reshaping.reshape(Shape)", x -> x.reshape(Shape.of(4)), 2, 2);
        one("Reshaping.flatten(int)", x -> x.flatten(1), 2, 3, 5);
        one("Reshaping.permute(int[])", x -> x.permute(2, 0, 1), 2, 3, 5);
        one("Reshaping.permute(int[])", x -> x.permute(-1, 1, 0), 2, 3, 5);
        one("Reshaping.transpose(int, int)", x -> x.transpose(0, -1), 2, 3, 5);
        one("Reshaping.t()", Variable::t, 2, 3);
        one("Reshaping.squeeze(int)", x -> x.squeeze(1), 2, 1, 3);
        one("Reshaping.unsqueeze(int)", x -> x.unsqueeze(1), 2, 3);
        one("Reshaping.unsqueeze(int)", x -> x.unsqueeze(-1), 2, 3);
        one("Reshaping.expand(Shape)", x -> x.expand(Shape.of(4, 2, 3)), 2, 1);
        one("Reshaping.expand(int[])", x -> x.expand(5, 3), 3);
        one("Reshaping.narrow(int, int, int)", x -> x.narrow(1, 1, 3), 2, 5);
        one("Reshaping.narrow(int, int, int)", x -> x.narrow(0, 1, 0), 2, 5);
        one("Reshaping.slice(int, int, int, int)", x -> x.slice(1, 1, 7, 2), 2, 7);
        one("Reshaping.select(int, int)", x -> x.select(-1, 2), 2, 3);
        one("Reshaping.flip(int)", x -> x.flip(1), 2, 3);
        one(
                "Reshaping.split(int, int[])",
                x -> {
                    List<Variable> parts = x.split(1, 2, 0, 3);
                    return parts.get(0).sum().mul(parts.get(2).square().sum());
                },
                2,
                5);
        for (int axis : new int[] {0, 1, -1}) {
            one(
                    "Reshaping.unstack(int)",
                    x -> {
                        List<Variable> slices = x.unstack(axis);
                        return slices.get(2)
                                .square()
                                .mul(slices.get(0))
                                .add(slices.get(2))
                                .sum()
                                .mul(x.sum());
                    },
                    3,
                    3,
                    4);
        }
        cases.add(GradientCase.of(
                "Reshaping.concat(int, List)",
                in -> Reshaping.concat(1, List.of(in.get(0), in.get(1), in.get(0))),
                check -> check.input(2, 3).input(2, 1)));
        cases.add(GradientCase.of(
                "Reshaping.concat(int, List)",
                in -> Reshaping.concat(-2, List.of(in.get(0), in.get(1))),
                check -> check.input(2, 3).input(1, 3)));
        for (int axis : new int[] {0, 1, -1}) {
            cases.add(GradientCase.of(
                    "Reshaping.stack(int, List)",
                    in -> Reshaping.stack(axis, List.of(in.get(0), in.get(1))),
                    check -> check.input(2, 3).input(2, 3)));
        }
        for (PadMode mode : PadMode.values()) {
            one("Reshaping.pad(PadMode, int, int, int)", x -> x.pad(mode, 1, 2, 1), 2, 3);
            one("Reshaping.pad(PadMode, int, int, int)", x -> x.pad(mode, -2, 0, 2), 4, 3);
        }
        one("Reshaping.pad(PadMode, int, int, int)", x -> x.pad(PadMode.REPLICATE, 0, 5, 4), 2, 3);
    }

    private void selecting() {
        one("Selecting.gather(int, Tensor)", x -> x.gather(1, indices(new int[] {2, 0, 2, 1, 1, 1, 0, 0}, 2, 4)), 2, 3);
        one("Selecting.gather(int, Tensor)", x -> x.gather(0, indices(new int[] {1, 0, 1}, 1, 3)), 2, 3);
        one("Selecting.indexSelect(int, Tensor)", x -> x.indexSelect(1, indices(new int[] {2, 2, 0}, 3)), 2, 3);
        one("Selecting.indexSelect(int, Tensor)", x -> x.indexSelect(-2, indices(new int[] {1}, 1)), 2, 3);
        one("Selecting.embedding(Tensor)", x -> x.embedding(indices(new int[] {4, 0, 4, 1}, 2, 2)), 5, 3);
        cases.add(GradientCase.of(
                "Selecting.scatterAdd(int, Tensor, Variable)",
                in -> in.get(0).scatterAdd(1, indices(new int[] {2, 2, 0, 1}, 2, 2), in.get(1)),
                check -> check.input(2, 3).input(2, 2)));
        cases.add(GradientCase.of(
                "Selecting.indexAdd(int, Tensor, Variable)",
                in -> in.get(0).indexAdd(1, indices(new int[] {2, 0, 2}, 3), in.get(1)),
                check -> check.input(2, 4).input(2, 3)));
        cases.add(GradientCase.of(
                "Selecting.indexAdd(int, Tensor, Variable)",
                in -> in.get(0).indexAdd(-3, indices(new int[] {1}, 1), in.get(1)),
                check -> check.input(2, 1, 3).input(1, 1, 3)));
        for (int k : new int[] {-2, 0, 1}) {
            one("Selecting.tril(int)", x -> x.tril(k), 3, 5);
            one("Selecting.triu(int)", x -> x.triu(k), 2, 4, 3);
        }
        one("Selecting.maskedFill(Tensor, double)", x -> x.maskedFill(mask(2, 3), -7), 2, 3);
        one("Selecting.maskedFill(Tensor, double)", x -> x.maskedFill(mask(4, 2, 3), -7), 3);
        distinct("Selecting.sort(int, boolean)", x -> x.sort(1, true).values(), 2, 5);
        distinct("Selecting.sort(int, boolean)", x -> x.sort(0, false).values(), 4, 3);
        distinct("Selecting.topK(int, int)", x -> x.topK(1, 2).values(), 3, 5);
        distinct("Selecting.topK(int, int)", x -> x.topK(0, 1).values(), 3, 5);
    }

    private void one(String operation, UnaryOperator<Variable> function, int... dims) {
        cases.add(GradientCase.of(operation, in -> function.apply(in.get(0)), check -> check.input(dims)));
    }

    private void distinct(String operation, UnaryOperator<Variable> function, int... dims) {
        cases.add(GradientCase.of(
                operation,
                in -> function.apply(in.get(0)),
                check -> check.input(dims).distinct()));
    }
}
