package dev.swiglu.tools.verify;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.Tensor;
import dev.swiglu.tools.onnx.DoubleSource;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.TensorData;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What a site reads: weights from the model's file, everything else as it was captured while the model ran. Weights come
 * from the original where it has them under that name, so that a rewrite that changed them is judged by the true ones.
 */
final class Operands {

    /** A value with its shape; {@code values} may be read from any thread. */
    record Operand(long[] shape, DoubleSource values) {

        int size() {
            return elements(shape.length);
        }

        /** How many rows of the length of the last dimension there are. */
        int rows() {
            return elements(shape.length - 1);
        }

        long last() {
            return shape[shape.length - 1];
        }

        private int elements(int dimensions) {
            return Math.toIntExact(Arrays.stream(shape, 0, dimensions).reduce(1, Math::multiplyExact));
        }

        double[] all() {
            double[] all = new double[size()];
            values.read(0, all, all.length);
            return all;
        }
    }

    private record Stored(TensorProto tensor, ModelFile model) {}

    private final Map<String, Stored> weights = new HashMap<>();

    Operands(ModelFile original, ModelFile rewritten) {
        add(rewritten);
        add(original);
    }

    boolean isWeight(String name) {
        return weights.containsKey(name);
    }

    Operand of(String name, Map<String, Tensor> captured) {
        Tensor tensor = captured.get(name);
        if (tensor != null) {
            return new Operand(tensor.shape(), DoubleSource.of(TensorValues.of(tensor)));
        }
        Stored stored = weights.get(name);
        long[] shape = stored.tensor().getDimsList().stream().mapToLong(Long::longValue).toArray();
        return new Operand(shape, TensorData.of(stored.tensor(), stored.model().path()).source());
    }

    private void add(ModelFile model) {
        model.proto().getGraph().getInitializerList().forEach(tensor -> weights.put(tensor.getName(), new Stored(tensor, model)));
    }
}
