package dev.swiglu.tools.gradient;

import static dev.swiglu.tools.ModelBuilder.ANY;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our operators in a graph, every activation with every form, against central differences: by kernels and by functions. */
class GatedGradientTest {
    private static final List<List<AttributeProto>> GATES = Stream.of("silu", "sigmoid", "gelu", "gelu_tanh", "relu",
            "quick_gelu", "squared_relu", "mish", "identity").map(name -> List.of(Attributes.of("activation", name))).toList();

    /** ONNX Runtime has no float64 kernels for Erf and Softplus. */
    private static final Set<String> FLOAT32_FUNCTIONS = Set.of("gelu", "mish");

    @TempDir
    private Path folder;

    static Stream<List<AttributeProto>> gates() {
        return Stream.concat(GATES.stream(), Stream.of(
                List.of(Attributes.of("alpha", 1.5f)),
                List.of(Attributes.of("limit", 0.5f), Attributes.of("up_offset", 1f),
                        Attributes.of("activation", "quick_gelu"))));
    }

    @ParameterizedTest
    @MethodSource("gates")
    void twoInputs(List<AttributeProto> gate) throws IOException {
        check(f64().input("A", ANY, 5).input("B", ANY, 5).node("dev.swiglu::SwiGLU", "Y", List.of("A", "B"), attributes(gate))
                .output("Y", ANY, 5), gate, "--wrt", "A,B");
    }

    @ParameterizedTest
    @MethodSource("gates")
    void packed(List<AttributeProto> gate) throws IOException {
        for (String layout : List.of("concat", "concat_swapped", "interleaved")) {
            check(f64().input("A", 2, ANY, 6).node("dev.swiglu::SwiGLU", "Y", List.of("A"),
                    attributes(gate, Attributes.of("layout", layout))).output("Y", 2, ANY, 3), gate, "--wrt", "A");
        }
    }

    @ParameterizedTest
    @MethodSource("gates")
    void fused(List<AttributeProto> gate) throws IOException {
        for (List<String> biases : List.of(List.<String>of(), List.of("bg"), List.of("", "bu"), List.of("bg", "bu"))) {
            for (int transB = 0; transB < 2; transB++) {
                ModelBuilder graph = fused(gate, transB, biases);
                String wrt = String.join(",", biases.stream().filter(bias -> !bias.isEmpty()).toList());
                check(graph, gate, "--wrt", "X,Wg,Wu" + (wrt.isEmpty() ? "" : "," + wrt));
            }
        }
        check(fused(gate, 0, List.of("bg", "bu")), gate, "--recompute", "--wrt", "bu,X");
        check(fused(gate, 1, List.of()), gate, "--wrt", "Wu");
    }

    /** Where the functions have no float64: in float32, against our kernels. */
    @ParameterizedTest
    @ValueSource(strings = {"gelu", "mish"})
    void functionsThatAreFloat32Only(String activation) throws IOException {
        Path model = Files.write(folder.resolve("forward.onnx"), new ModelBuilder().input("A", 4, 16)
                .node("dev.swiglu::SwiGLU", "Y", List.of("A"), Attributes.of("activation", activation)).output("Y", 4, 8)
                .build().toByteArray());
        Path gradient = folder.resolve("gradient.onnx");
        CommandRun.of("gradient", model, gradient, "--wrt", "A").succeeded();
        float[] a = new float[64];
        float[] dy = new float[32];
        for (int i = 0; i < a.length; i++) {
            a[i] = i / 10f - 3;
            dy[i / 2] = 1 + i / 64f;
        }
        Map<String, Tensor> inputs = Map.of("A", Tensor.float32(a, 4, 16), "grad_Y", Tensor.float32(dy, 4, 8));
        try (ModelSession kernels = ModelSession.builder(gradient).open();
                ModelSession functions = ModelSession.builder(gradient).withoutOperators().open()) {
            assertArrayEquals(kernels.run(inputs).get("grad:A").floats(), functions.run(inputs).get("grad:A").floats(), 5e-6f);
        }
    }

    private static ModelBuilder fused(List<AttributeProto> gate, int transB, List<String> biases) {
        long[] weights = transB == 0 ? new long[] {4, 3} : new long[] {3, 4};
        ModelBuilder graph = f64().input("X", 2, ANY, 4).weight("Wg", weights).weight("Wu", weights);
        biases.stream().filter(bias -> !bias.isEmpty()).forEach(bias -> graph.weight(bias, 3));
        List<String> inputs = new ArrayList<>(List.of("X", "Wg", "Wu"));
        inputs.addAll(biases);
        return graph.node("dev.swiglu::FusedSwiGLU", "Y", inputs, attributes(gate, Attributes.of("transB", transB)))
                .output("Y", 2, ANY, 3);
    }

    private void check(ModelBuilder graph, List<AttributeProto> gate, String... options) throws IOException {
        GradientCheck check = new GradientCheck(graph.build(), folder, 0);
        check.run(true, options);
        if (!FLOAT32_FUNCTIONS.contains(gate.get(0).getS().toStringUtf8())) {
            check.run(false, options);
        }
    }

    private static ModelBuilder f64() {
        return new ModelBuilder(DataType.DOUBLE, 17);
    }

    private static AttributeProto[] attributes(List<AttributeProto> gate, AttributeProto... more) {
        return Stream.concat(gate.stream(), Stream.of(more)).toArray(AttributeProto[]::new);
    }
}
