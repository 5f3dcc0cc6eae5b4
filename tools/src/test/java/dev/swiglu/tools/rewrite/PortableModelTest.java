package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rewritten models run in a plain ONNX Runtime, without our library, and give what the originals give. */
class PortableModelTest {

    @Test
    void plain() throws OrtException {
        assertSameOutputs(ModelBuilder.swiglu());
    }

    @Test
    void biasOnUpAlone() throws OrtException {
        assertSameOutputs(ModelBuilder.projections().weight("b", 16).node("Add", "ub", "b", "u").silu("g", "a")
                .node("Mul", "Y", "ub", "a").output("Y", 2, 16));
    }

    @Test
    void transposedWeightsBiasesAndQuickGelu() throws OrtException {
        assertSameOutputs(new ModelBuilder().input("X", 2, 8).weight("Wg", 16, 8).weight("Wu", 16, 8)
                .weight("bg", 16).weight("bu", 16)
                .node("Gemm", "g", List.of("X", "Wg", "bg"), Attributes.of("transB", 1))
                .node("Gemm", "u", List.of("X", "Wu", "bu"), Attributes.of("transB", 1))
                .node("com.microsoft::QuickGelu", "a", "g").node("Mul", "Y", "a", "u").output("Y", 2, 16));
    }

    @Test
    void sigmoidOfScaledGate() throws OrtException {
        assertSameOutputs(ModelBuilder.projections().scalar("alpha", 0.5f).node("Mul", "scaled", "alpha", "g")
                .node("Sigmoid", "s", "scaled").node("Mul", "a", "g", "s").node("Mul", "Y", "a", "u").output("Y", 2, 16));
    }

    @Test
    void activationLevel() throws OrtException {
        assertSameOutputs(ModelBuilder.swiglu().node("Neg", "Z", "g").output("Z", 2, 16));
    }

    @Test
    void insideABranchWithOuterWeights() throws OrtException {
        ModelBuilder plain = new ModelBuilder().node("MatMul", "e", "X", "Wg").output("e", 2, 16);
        ModelBuilder gated = new ModelBuilder().node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a")
                .node("Mul", "t", "a", "u").output("t", 2, 16);
        assertSameOutputs(new ModelBuilder().input("X", 2, 8).flag("c").weight("Wg", 8, 16).weight("Wu", 8, 16)
                .branch("Y", "c", gated, plain).output("Y", 2, 16));
    }

    private static void assertSameOutputs(ModelBuilder builder) throws OrtException {
        Rewriter rewriter = Rewriter.of(builder.file(), Mode.AUTO);
        assertEquals(List.of(), rewriter.sites().stream().filter(site -> site.action() == Action.LEFT).toList());
        float[][] expected = run(builder.build());
        float[][] actual = run(rewriter.result("test").orElseThrow());
        for (int row = 0; row < expected.length; row++) {
            assertArrayEquals(expected[row], actual[row], 1e-5f);
        }
    }

    private static float[][] run(ModelProto model) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(model.toByteArray());
                OnnxTensor x = OnnxTensor.createTensor(environment, new float[][] {
                    {1, -2, 0.5f, 3, -1, 0, 2, -0.5f}, {-3, 0.25f, 1, 1, -1, 2, 0.75f, -2}});
                OnnxTensor condition = OnnxTensor.createTensor(environment, true)) {
            Map<String, OnnxTensor> inputs = new HashMap<>(Map.of("X", x, "c", condition));
            inputs.keySet().retainAll(session.getInputNames());
            try (OrtSession.Result result = session.run(inputs)) {
                return (float[][]) result.get(0).getValue();
            }
        }
    }
}
