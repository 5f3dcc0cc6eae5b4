package dev.swiglu.tools.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One value, written in every place where ONNX allows it. */
class TensorDataTest {
    private static final Path MODEL = Path.of("test.onnx");

    @Test
    void rawAndTypedFieldsOfEveryFloatingPointType() {
        for (ElementType type : ElementType.values()) {
            if (type.isComputable()) {
                assertHolds(-1.5, TensorData.scalar(type, -1.5f).toBuilder());
            }
        }
        assertHolds(-1.5, typed(ElementType.FLOAT32).addFloatData(-1.5f));
        assertHolds(-1.5, typed(ElementType.FLOAT64).addDoubleData(-1.5));
        assertHolds(-1.5, typed(ElementType.FLOAT16).addInt32Data(0xbe00));
        assertHolds(-1.5, typed(ElementType.BFLOAT16).addInt32Data(0xbfc0));
        assertHolds(-3, typed(ElementType.INT64).addInt64Data(-3));
    }

    @Test
    void filesBesideTheModel(@TempDir Path folder) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putFloat(9).putFloat(1).putFloat(2);
        Files.write(folder.resolve("data"), bytes.array());
        TensorProto tensor = new ModelBuilder().external("W", "data", 4, 2).build().getGraph().getInitializer(0);
        assertArrayEquals(new double[] {1, 2}, TensorData.of(tensor, folder.resolve("model.onnx")).doubles());
    }

    @Test
    void declaredAndHeldSizesMustAgree() {
        TensorProto tooLittle = typed(ElementType.FLOAT32).setDims(0, 3).addFloatData(1).build();
        TensorProto negative = typed(ElementType.FLOAT32).setDims(0, -1).build();
        for (TensorProto tensor : new TensorProto[] {tooLittle, negative}) {
            ToolException refusal = assertThrows(ToolException.class, () -> TensorData.of(tensor, MODEL).doubles());
            assertEquals(ExitCode.REFUSED, refusal.exitCode());
        }
    }

    private static TensorProto.Builder typed(ElementType type) {
        return TensorProto.newBuilder().setDataType(type.onnxNumber()).addDims(1);
    }

    private static void assertHolds(double expected, TensorProto.Builder tensor) {
        assertArrayEquals(new double[] {expected}, TensorData.of(tensor.build(), MODEL).doubles());
    }
}
