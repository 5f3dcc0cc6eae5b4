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
 * What a site reads: weights from the original's file, everything else as it was captured while the model ran. Never from
 * the rewritten file, so that a rewrite that changed the weights is judged by the true ones.
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

    private final ModelFile original;
    private final Map<String, TensorProto> weights = new HashMap<>();

    Operands(ModelFile original) {
        this.original = original;
        original.proto().getGraph().getInitializerList().forEach(tensor -> weights.put(tensor.getName(), tensor));
    }

    boolean isWeight(String name) {
        return weights.containsKey(name);
    }

    Operand of(String name, Map<String, Tensor> captured) {
        Tensor tensor = captured.get(name);
        if (tensor != null) {
            return new Operand(tensor.shape(), DoubleSource.of(TensorValues.of(tensor)));
        }
        TensorProto weight = weights.get(name);
        long[] shape = weight.getDimsList().stream().mapToLong(Long::longValue).toArray();
        return new Operand(shape, TensorData.of(weight, original.path()).source());
    }
}
