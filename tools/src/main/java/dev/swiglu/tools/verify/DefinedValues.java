package dev.swiglu.tools.verify;

import dev.swiglu.Tensor;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.verify.inputs.AttentionCache;
import java.util.Map;

/**
 * The part of an output that a model defines. A rolling attention cache [batch, heads, places, width] holds as many
 * tokens as the attention mask is long; ONNX Runtime leaves the places behind them as the memory happened to be.
 */
final class DefinedValues {

    private static final String MASK = "attention_mask";
    private static final int PLACES_AXIS = 2;

    private DefinedValues() {}

    static double[] of(Scope graph, String output, Tensor value, Map<String, Tensor> inputs) {
        boolean rolling = AttentionCache.madeAs(graph, output).map(AttentionCache::rolling).orElse(false);
        double[] values = TensorValues.of(value);
        if (!rolling || !inputs.containsKey(MASK)) {
            return values;
        }
        long[] maskShape = inputs.get(MASK).shape();
        long[] shape = value.shape();
        int places = Math.toIntExact(shape[PLACES_AXIS]);
        int held = Math.toIntExact(Math.min(places, maskShape[maskShape.length - 1]));
        return firstPlaces(values, places, held, Math.toIntExact(shape[PLACES_AXIS + 1]));
    }

    private static double[] firstPlaces(double[] values, int places, int held, int width) {
        int rows = values.length / (places * width);
        double[] defined = new double[rows * held * width];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(values, row * places * width, defined, row * held * width, held * width);
        }
        return defined;
    }
}
