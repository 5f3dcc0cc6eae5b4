package dev.swiglu.tools.verify.inputs;

import dev.swiglu.TensorType;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.util.Arrays;

/** The element types of .npy files that a model input can take, under NumPy's little-endian codes. */
enum NumpyType {
    FLOAT32("<f4", TensorType.FLOAT32),
    FLOAT16("<f2", TensorType.FLOAT16),
    FLOAT64("<f8", TensorType.FLOAT64),
    INT64("<i8", TensorType.INT64),
    INT32("<i4", TensorType.INT32),
    INT16("<i2", TensorType.INT16),
    INT8("|i1", TensorType.INT8),
    UINT8("|u1", TensorType.UINT8),
    BOOL("|b1", TensorType.BOOL);

    private final String code;
    private final TensorType type;

    NumpyType(String code, TensorType type) {
        this.code = code;
        this.type = type;
    }

    static TensorType of(String code, String array) {
        return Arrays.stream(values()).filter(known -> known.code.equals(code)).map(known -> known.type).findFirst()
                .orElseThrow(() -> new ToolException(ExitCode.USAGE, "Array '" + array + "' has the NumPy type " + code
                        + "; save it as one of " + String.join(", ", Arrays.stream(values()).map(k -> k.code).toList())
                        + "."));
    }
}
