package espalier.tensor.onnx;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.onnx.ProtoReader.Field;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an ONNX file says, as far as the cases need it.
 *
 * @param nodes the operations in the order they are to run
 * @param initializers tensors stored in the file, by name
 * @param inputs names of the values the model is given, without those stored
 * @param outputs names of the values it returns
 */
record OnnxModel(List<Node> nodes, Map<String, Tensor> initializers, List<String> inputs, List<String> outputs) {
    /**
     * One operation.
     *
     * @param op its name, such as {@code Conv}
     * @param inputs names of the values it reads
     * @param outputs names of the values it makes
     * @param attributes its settings, by name
     */
    record Node(String op, List<String> inputs, List<String> outputs, Map<String, Attribute> attributes) {
        int integer(String name, int otherwise) {
            return attributes.containsKey(name)
                    ? attributes.get(name).integers().getFirst().intValue()
                    : otherwise;
        }

        float number(String name, float otherwise) {
            return attributes.containsKey(name) ? attributes.get(name).number() : otherwise;
        }

        int[] integers(String name, int... otherwise) {
            return attributes.containsKey(name)
                    ? attributes.get(name).integers().stream()
                            .mapToInt(Long::intValue)
                            .toArray()
                    : otherwise;
        }
    }

    /** The setting of an operation: one of these four, the others empty or 0. */
    record Attribute(float number, List<Long> integers, String text, List<Tensor> tensors) {}

    /** Reads a model file: field 7 of ModelProto is the graph. */
    static OnnxModel read(Path file) throws IOException {
        for (Field field : ProtoReader.fields(ByteBuffer.wrap(Files.readAllBytes(file)))) {
            if (field.number() == 7) {
                return graph(field.message());
            }
        }
        throw new IOException(file + " has no graph");
    }

    /** Reads a file that is one TensorProto. */
    static Tensor readTensor(Path file) throws IOException {
        return tensor(ProtoReader.fields(ByteBuffer.wrap(Files.readAllBytes(file))));
    }

    /** GraphProto: nodes 1, initializers 5, inputs 11, outputs 12. */
    private static OnnxModel graph(List<Field> fields) {
        List<Node> nodes = new ArrayList<>();
        Map<String, Tensor> stored = new LinkedHashMap<>();
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        for (Field field : fields) {
            switch (field.number()) {
                case 1 -> nodes.add(node(field.message()));
                case 5 -> stored.put(name(field.message(), 8), tensor(field.message()));
                case 11 -> inputs.add(name(field.message(), 1));
                case 12 -> outputs.add(name(field.message(), 1));
                default -> {}
            }
        }
        inputs.removeAll(stored.keySet());
        return new OnnxModel(nodes, stored, inputs, outputs);
    }

    private static String name(List<Field> fields, int number) {
        return fields.stream()
                .filter(field -> field.number() == number)
                .findFirst()
                .map(Field::text)
                .orElse("");
    }

    /** NodeProto: inputs 1, outputs 2, operation 4, attributes 5. */
    private static Node node(List<Field> fields) {
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        for (Field field : fields) {
            switch (field.number()) {
                case 1 -> inputs.add(field.text());
                case 2 -> outputs.add(field.text());
                case 5 -> attributes.put(name(field.message(), 1), attribute(field.message()));
                default -> {}
            }
        }
        return new Node(name(fields, 4), inputs, outputs, attributes);
    }

    /** AttributeProto: float 2, integer 3, text 4, tensor 5, integers 8. */
    private static Attribute attribute(List<Field> fields) {
        float number = 0;
        List<Long> integers = new ArrayList<>();
        List<Tensor> tensors = new ArrayList<>();
        for (Field field : fields) {
            switch (field.number()) {
                case 2 -> number = field.asFloat();
                case 3, 8 -> field.addTo(integers);
                case 5 -> tensors.add(tensor(field.message()));
                default -> {}
            }
        }
        return new Attribute(number, integers, name(fields, 4), tensors);
    }

    /** TensorProto: sizes 1, type 2, raw data 9; float values may stand in 4 instead. */
    private static Tensor tensor(List<Field> fields) {
        List<Long> sizes = new ArrayList<>();
        DType type = DType.F32;
        ByteBuffer data = ByteBuffer.allocate(0);
        for (Field field : fields) {
            switch (field.number()) {
                case 1 -> field.addTo(sizes);
                case 2 -> type = type((int) field.bits());
                case 4, 9 -> data = field.bytes();
                case 5, 7, 10 -> throw new IllegalArgumentException("onnx: only raw and float data are read");
                default -> {}
            }
        }
        int[] dims = sizes.stream().mapToInt(Long::intValue).toArray();
        byte[] packed = new byte[data.remaining()];
        data.duplicate().order(ByteOrder.LITTLE_ENDIAN).get(packed);
        return Tensor.of(Device.cpu(), type, MemorySegment.ofArray(packed), Shape.of(dims));
    }

    private static DType type(int number) {
        return switch (number) {
            case 1 -> DType.F32;
            case 6 -> DType.I32;
            case 7 -> DType.I64;
            case 9 -> DType.BOOL;
            case 11 -> DType.F64;
            default -> throw new IllegalArgumentException("onnx: element type " + number + " is not read");
        };
    }
}
