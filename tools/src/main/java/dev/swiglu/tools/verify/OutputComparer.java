package dev.swiglu.tools.verify;

import dev.swiglu.Device;
import dev.swiglu.Tensor;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.Scope;
import dev.swiglu.tools.verify.inputs.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Judges every output of the model, against its float64 twin where there is one. Where the original itself is further from
 * the twin than rounding explains (a graph that amplifies roundings, as rounding to integers inside it does), twice that
 * distance would allow anything, so there the original is the measure.
 */
final class OutputComparer {

    private final Scope graph;
    private final Twin twin;
    private final Device device;

    OutputComparer(ModelFile original, Twin twin, Device device) {
        this.graph = GraphIndex.of(original.proto(), original.path()).main();
        this.twin = twin;
        this.device = device;
    }

    List<VerificationReport.OutputResult> compare(
            List<Sample> samples, List<Map<String, Tensor>> original, List<Map<String, Tensor>> rewritten) {
        List<VerificationReport.OutputResult> results = new ArrayList<>();
        for (String output : original.get(0).keySet()) {
            List<Comparison> comparisons = new ArrayList<>();
            for (int i = 0; i < samples.size(); i++) {
                comparisons.add(compare(output, i, samples.get(i), original.get(i), rewritten.get(i)));
            }
            results.add(new VerificationReport.OutputResult(output, Comparison.worst(comparisons)));
        }
        return results;
    }

    private Comparison compare(
            String output, int index, Sample sample, Map<String, Tensor> original, Map<String, Tensor> rewritten) {
        Tensor before = original.get(output);
        Tensor after = rewritten.get(output);
        boolean comparable = after != null && after.type() == before.type() && Arrays.equals(after.shape(), before.shape());
        if (!comparable) {
            return Comparison.impossible(sample.name(), before.type(),
                    "The rewritten model gives " + (after == null ? "no such output" : after) + ", the original " + before + ".");
        }
        double[] expected = defined(output, before, sample);
        double[] actual = defined(output, after, sample);
        Agreement agreement = Agreement.of(expected, actual);
        if (!before.type().isFloatingPoint()) {
            return Comparison.ofIntegers(sample.name(), before.type(), agreement);
        }
        Precision precision = Precision.of(before.type(), device);
        if (!twin.outputs().isEmpty()) {
            double[] exact = defined(output, twin.outputs().get(index).get(output), sample);
            Deviation error = Deviation.of(expected, exact);
            if (error.error() <= precision.tolerance()) {
                return Comparison.againstExact(
                        sample.name(), before.type(), precision, error, Deviation.of(actual, exact), agreement);
            }
        }
        return Comparison.againstOriginal(sample.name(), before.type(), precision, Deviation.of(actual, expected), agreement);
    }

    private double[] defined(String output, Tensor value, Sample sample) {
        return DefinedValues.of(graph, output, value, sample.inputs());
    }
}
