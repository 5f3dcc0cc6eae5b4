package dev.swiglu.tools.verify;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.swiglu.ModelException;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.exact.WidenedModel;
import dev.swiglu.tools.verify.inputs.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the original's outputs would be in float64, always computed on the CPU.
 *
 * @param outputs one map for each sample; empty where the twin could not run
 * @param reference what the outputs are judged by, in words for the report
 */
record Twin(List<Map<String, Tensor>> outputs, String reference) {

    private static final String ORIGINAL = "the original, within the type's tolerance, because ";

    static Twin of(ModelFile original, List<Sample> samples) {
        if (!fits(original)) {
            return new Twin(List.of(), ORIGINAL + "the float64 model does not fit into this machine's memory");
        }
        WidenedModel widened = WidenedModel.of(original.proto());
        // unoptimized: constant folding would widen every weight at once and keep it
        try (ModelSession session = ModelSession.builder(Taps.serialized(widened.model()), original.folder())
                .withoutOperators().optimization(OptLevel.NO_OPT).open()) {
            List<Map<String, Tensor>> outputs = new ArrayList<>();
            for (Sample sample : samples) {
                outputs.add(session.run(WidenedModel.inputs(sample.inputs())).asMap());
            }
            return new Twin(outputs, "float64" + (widened.keptInFloat32().isEmpty() ? ""
                    : ", with float32 inside " + String.join(", ", widened.keptInFloat32())));
        } catch (ModelException refused) {
            return new Twin(List.of(), ORIGINAL + "the float64 model does not run: " + RuntimeReason.of(refused));
        }
    }

    /** The stored weights, and the largest of them twice more in float64: as it is made and as it is packed. */
    private static boolean fits(ModelFile model) {
        double stored = 0;
        double largest = 0;
        for (TensorProto tensor : model.proto().getGraph().getInitializerList()) {
            double elements = tensor.getDimsList().stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
            stored += elements * Float.BYTES;
            largest = Math.max(largest, elements);
        }
        return stored + 2 * largest * Double.BYTES < 0.8 * availableMemory();
    }

    /** What Linux could hand out now, in bytes; 0 where it does not tell. */
    private static double availableMemory() {
        try {
            return 1024 * Files.readAllLines(Path.of("/proc/meminfo")).stream().filter(line -> line.startsWith("MemAvailable:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", ""))).sum();
        } catch (IOException unknown) {
            return 0;
        }
    }
}
