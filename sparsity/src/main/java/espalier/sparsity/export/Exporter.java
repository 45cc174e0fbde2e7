package espalier.sparsity.export;

import espalier.nn.Module;
import espalier.sparsity.graph.Network;
import espalier.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes a packed model of a trained one: traces it, joins batch norm and nonlinearities to the layers before them, and
 * packs each tensor in its smallest form, or in the one that was asked for.
 *
 * <pre>{@code
 * PackedModel packed = Exporter.of(model, Shape.of(1, 28, 28))
 *         .with("fc1.weight", Form.parse("mask+codebook"))
 *         .labels(List.of("T-shirt", "trouser"))
 *         .export();
 * }</pre>
 *
 * <p>The model is read as it computes in evaluation, parametrizations applied, and left as it is. The packed one gives
 * the same results up to the rounding that folding batch norm brings.
 */
public final class Exporter {
    private final Module model;
    private final Shape input;
    private final Packer packer;
    private final Map<String, String> metadata;

    private Exporter(Module model, Shape input, Packer packer, Map<String, String> metadata) {
        this.model = model;
        this.input = input;
        this.packer = packer;
        this.metadata = Map.copyOf(metadata);
    }

    /** Of a model and the shape of one image, such as {@code [1, 28, 28]}; every tensor in its smallest form. */
    public static Exporter of(Module model, Shape input) {
        return new Exporter(model, input, Packer.smallest(), Map.of());
    }

    /** This with another rule for the forms. */
    public Exporter with(Packer forms) {
        return new Exporter(model, input, forms, metadata);
    }

    /** This with a form for the parameter of a path, such as {@code fc1.weight}. */
    public Exporter with(String path, Form form) {
        return with(packer.with(path, form));
    }

    /** This with a text in the file. */
    public Exporter with(String key, String text) {
        Map<String, String> more = new LinkedHashMap<>(metadata);
        more.put(key, text);
        return new Exporter(model, input, packer, more);
    }

    /** This with the names of the classes. */
    public Exporter labels(List<String> names) {
        return with(PackedModel.LABELS, String.join("\n", names));
    }

    /**
     * The packed model.
     *
     * @throws IllegalArgumentException if an operation has no step in packed models, by name and place; if a form was
     *     asked for a parameter that is not there or whose values are not of it
     */
    public PackedModel export() {
        Set<String> unknown = new TreeSet<>(packer.chosen());
        unknown.removeAll(model.parameters().keySet());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "export: there is no parameter " + unknown.iterator().next() + " to be packed; there are "
                            + model.parameters().keySet());
        }
        Network network = Network.trace(model, input.inserting(0, 1));
        return new PackedModel(Lowering.program(model, network, packer), metadata);
    }
}
