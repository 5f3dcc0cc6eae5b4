package dev.swiglu.tools.mnist;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.gradient.GradientModel;
import dev.swiglu.tools.gradient.GradientRequest;
import dev.swiglu.tools.gradient.Training;
import dev.swiglu.tools.gradient.optimizer.AdamW;
import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Rewriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The models of this example, each a file that the command line would have written just so: {@code forward.onnx}, what
 * {@code swiglu rewrite} makes of it, and what {@code swiglu gradient --optimizer adamw} makes of either.
 */
record StepModels(Path folder, String toolVersion) {
    private static final AdamW OPTIMIZER = new AdamW(0.9, 0.999, 1e-8, 0.01);

    /** Which graph is trained. */
    enum Graph { FUSED, UNFUSED }

    /** A training step on the disk, and what its inputs and outputs are. */
    record Step(Path file, Training training) {}

    void writeForward(ModelProto forward) {
        write(forward(Graph.UNFUSED), forward);
        ModelFile written = ModelFile.read(forward(Graph.UNFUSED));
        write(forward(Graph.FUSED), Rewriter.of(written, Mode.AUTO).result(toolVersion).orElseThrow());
    }

    Path forward(Graph graph) {
        return folder.resolve(graph == Graph.FUSED ? "forward-fused.onnx" : "forward.onnx");
    }

    /** Loss scaling where the weights are float16: bfloat16 has the range of float32. */
    Step writeStep(Graph graph, ElementType type) {
        GradientRequest request = new GradientRequest(Optional.of(DigitModel.LOSS), List.of(), true, false,
                Optional.of(OPTIMIZER), type == ElementType.FLOAT16);
        Path file = folder.resolve(graph == Graph.FUSED ? "step-fused.onnx" : "step.onnx");
        GradientModel step = GradientModel.of(ModelFile.read(forward(graph)), request, toolVersion);
        write(file, step.result());
        return new Step(file, step.report(file.toString()).training());
    }

    static void write(Path file, ModelProto model) {
        try (AtomicOutput output = AtomicOutput.open(file, true)) {
            output.write(model::writeTo);
            output.publish();
        }
    }
}
