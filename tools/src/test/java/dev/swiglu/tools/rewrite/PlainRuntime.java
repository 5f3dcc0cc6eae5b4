package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** ONNX Runtime without our library, which runs rewritten models by the functions that they carry. */
final class PlainRuntime {
    private PlainRuntime() {
    }

    /** Both models give the same numbers for the same random inputs. */
    static void assertSameOutputs(ModelProto expected, ModelProto actual) throws OrtException {
        float[][] left = run(expected);
        float[][] right = run(actual);
        for (int output = 0; output < left.length; output++) {
            assertEquals(left[output].length, right[output].length);
            for (int i = 0; i < left[output].length; i++) {
                float tolerance = 2e-5f * (1 + Math.abs(left[output][i]));
                assertEquals(left[output][i], right[output][i], tolerance, "element " + i + " of output " + output);
            }
        }
    }

    private static float[][] run(ModelProto model) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // above this level ONNX Runtime fuses float64 gates into a QuickGelu that it does not have
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.BASIC_OPT);
            return run(environment.createSession(model.toByteArray(), options), model);
        }
    }

    private static float[][] run(OrtSession session, ModelProto model) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Random random = new Random(11);
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try (session) {
            for (ValueInfoProto input : model.getGraph().getInputList()) {
                if (session.getInputNames().contains(input.getName())) {
                    inputs.put(input.getName(), random(environment, input, random));
                }
            }
            try (OrtSession.Result result = session.run(inputs)) {
                float[][] outputs = new float[result.size()][];
                for (int i = 0; i < outputs.length; i++) {
                    FloatBuffer buffer = ((OnnxTensor) result.get(i)).getFloatBuffer();
                    outputs[i] = new float[buffer.remaining()];
                    buffer.get(outputs[i]);
                }
                return outputs;
            }
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    private static OnnxTensor random(OrtEnvironment environment, ValueInfoProto input, Random random) throws OrtException {
        long[] shape = input.getType().getTensorType().getShape().getDimList().stream()
                .mapToLong(dimension -> dimension.hasDimValue() ? dimension.getDimValue() : 3).toArray();
        if (shape.length == 0) {
            return OnnxTensor.createTensor(environment, true);
        }
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        FloatBuffer values = FloatBuffer.allocate(count);
        while (values.hasRemaining()) {
            values.put((float) (2 * random.nextGaussian()));
        }
        return OnnxTensor.createTensor(environment, values.flip(), shape);
    }
}
