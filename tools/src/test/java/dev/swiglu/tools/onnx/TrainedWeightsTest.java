package dev.swiglu.tools.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.Tensor;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainedWeightsTest {
    private final ModelProto forward = ModelBuilder.swiglu().build();

    @Test
    void replaceTheirOwnAndNothingElse() {
        Tensor trained = Tensor.float32(new float[8 * 16], 8, 16);
        ModelProto result = TrainedWeights.into(forward, Map.of("Wu", trained));
        TensorProto replaced = result.getGraph().getInitializer(1);
        assertEquals("Wu", replaced.getName());
        assertEquals(trained.data(), replaced.getRawData().asReadOnlyByteBuffer());
        assertEquals(0, replaced.getFloatDataCount());
        ModelProto.Builder back = result.toBuilder();
        back.getGraphBuilder().setInitializer(1, forward.getGraph().getInitializer(1));
        assertEquals(forward, back.build());
    }

    @Test
    void areRefusedByAnotherModel() {
        assertEquals("The model's weight 'Wu' is float32[8, 16], and the trained one is float32[16, 8]; these weights are those of"
                + " another model.", refusal("Wu", Tensor.float32(new float[128], 16, 8)));
        assertEquals("The model's weight 'Wu' is float32[8, 16], and the trained one is float16[8, 16]; these weights are those of"
                + " another model.", refusal("Wu", Tensor.float16(new float[128], 8, 16)));
        assertEquals("The model has no weight 'W'; these weights are those of another model.",
                refusal("W", Tensor.float32(new float[128], 8, 16)));
    }

    private String refusal(String name, Tensor tensor) {
        return assertThrows(ToolException.class, () -> TrainedWeights.into(forward, Map.of(name, tensor))).getMessage();
    }
}
