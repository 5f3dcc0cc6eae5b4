package dev.swiglu;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.TensorInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a model says about one of its inputs or outputs.
 *
 * @param shape dimensions, −1 where the model leaves one open; empty for a scalar and for a rank that the model leaves open,
 *              which ONNX Runtime does not tell apart
 * @param symbols for each dimension the name that the model gives it, empty where it gives none
 */
public record ValueInfo(String name, TensorType type, List<Long> shape, List<String> symbols) {
    public ValueInfo {
        shape = List.copyOf(shape);
        symbols = List.copyOf(symbols);
        if (shape.size() != symbols.size()) {
            throw new IllegalArgumentException("'" + name + "' has " + shape.size() + " dimensions and " + symbols.size() + " names.");
        }
    }

    static List<ValueInfo> all(Iterable<NodeInfo> nodes) {
        List<ValueInfo> values = new ArrayList<>();
        for (NodeInfo node : nodes) {
            values.add(of(node));
        }
        return List.copyOf(values);
    }

    private static ValueInfo of(NodeInfo node) {
        if (!(node.getInfo() instanceof TensorInfo tensor)) {
            throw notATensor(node.getName());
        }
        TensorType type = TensorType.of(tensor.type).orElseThrow(() -> unreadable(node.getName(), tensor.onnxType));
        List<Long> shape = Arrays.stream(tensor.getShape()).boxed().toList();
        return new ValueInfo(node.getName(), type, shape, List.of(tensor.getDimensionNames()));
    }

    static ModelException notATensor(String name) {
        return new ModelException("The model's '" + name + "' is not a tensor, and only tensors can be passed.");
    }

    static ModelException unreadable(String name, Object type) {
        return new ModelException("The model's '" + name + "' has the element type " + type + ", which Java cannot hold.");
    }

    boolean accepts(long[] actual) {
        if (shape.isEmpty()) {
            return true;
        }
        if (actual.length != shape.size()) {
            return false;
        }
        for (int axis = 0; axis < actual.length; axis++) {
            if (shape.get(axis) >= 0 && shape.get(axis) != actual[axis]) {
                return false;
            }
        }
        return true;
    }

    String shapeText() {
        return IntStream.range(0, shape.size()).mapToObj(this::dimensionText).collect(Collectors.joining(", ", "[", "]"));
    }

    private String dimensionText(int axis) {
        if (shape.get(axis) >= 0) {
            return shape.get(axis).toString();
        }
        return symbols.get(axis).isEmpty() ? "?" : symbols.get(axis);
    }

    @Override
    public String toString() {
        return name + " " + type + shapeText();
    }
}
