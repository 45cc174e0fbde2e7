package espalier.sparsity.graph;

import espalier.autograd.Spec;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A network as text: a line an operation, with what it was told where that is not the usual. */
final class Drawing {
    private Drawing() {}

    static String of(Network network) {
        int widest = network.operations().stream()
                .mapToInt(operation -> operation.where().length())
                .max()
                .orElse(0);
        StringBuilder text = new StringBuilder("input " + network.input() + "\n");
        for (Operation operation : network.operations()) {
            String told = told(operation.spec());
            text.append(String.format(
                    Locale.ROOT,
                    "%3d  %-" + widest + "s  %-18s ← %s%s%n",
                    operation.index(),
                    operation.where(),
                    operation.shape(),
                    operation.operands().stream().map(Drawing::name).collect(Collectors.joining(", ")),
                    told.isEmpty() ? "" : "; " + told));
        }
        return text.append("output ")
                .append(name(network.output()))
                .append('\n')
                .toString();
    }

    private static String name(Operand operand) {
        return switch (operand) {
            case Operand.Input _ -> "input";
            case Operand.Result result -> "#" + result.operation();
            case Operand.Stored stored -> stored.path();
            case Operand.Constant constant -> "constant " + constant.shape();
        };
    }

    private static String told(Spec spec) {
        return switch (spec) {
            case Spec.None _ -> "";
            case Spec.Conv(ConvSpec s) ->
                words(
                        pair("stride", s.strideH(), s.strideW(), 1),
                        pair("padding", s.padH(), s.padW(), 0),
                        pair("dilation", s.dilationH(), s.dilationW(), 1),
                        s.groups() == 1 ? "" : "groups " + s.groups());
            case Spec.Pool(PoolSpec s) ->
                words(
                        pair("window", s.kernelH(), s.kernelW(), 0),
                        pair("stride", s.strideH(), s.strideW(), 0),
                        pair("padding", s.padH(), s.padW(), 0));
            case Spec.Axes axes -> "axes " + axes.axes();
            case Spec.Order order -> "axes " + order.order();
            case Spec.Part part ->
                "axis " + part.axis() + " from " + part.start() + " to " + part.end() + " by " + part.step();
            case Spec.Pad pad ->
                "axis " + pad.axis() + " " + pad.mode().name().toLowerCase(Locale.ROOT) + " " + pad.before()
                        + " before, " + pad.after() + " after";
            case Spec.Scalar scalar -> Double.toString(scalar.value());
            case Spec.Range range -> "from " + range.low() + " to " + range.high();
        };
    }

    private static String pair(String what, int height, int width, int usual) {
        return height == usual && width == usual
                ? ""
                : what + " " + (height == width ? "" + height : height + "x" + width);
    }

    private static String words(String... parts) {
        List<String> said = new ArrayList<>(List.of(parts));
        said.removeIf(String::isEmpty);
        return String.join(", ", said);
    }
}
