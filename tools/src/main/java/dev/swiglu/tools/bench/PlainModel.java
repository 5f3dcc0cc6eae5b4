package dev.swiglu.tools.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.swiglu.Device;
import dev.swiglu.ModelException;
import dev.swiglu.SwiGlu;
import dev.swiglu.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * ONNX Runtime's own Java interface, used as well as it can be: its tensors are made once over memory that is not copied, and
 * of the outputs only the result is read in Java. What it does itself stays: all inputs go to the device in each run and all
 * outputs come back, the whole cache included.
 */
final class PlainModel implements TimedModel {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    private final OrtSession session;

    /** @param operators whether the model needs the operator library */
    PlainModel(Path model, Device device, OptionalInt threads, boolean operators) {
        try {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            if (threads.isPresent()) {
                options.setIntraOpNumThreads(threads.getAsInt());
            }
            device.addTo(options);
            if (operators) {
                SwiGlu.register(options);
            }
            session = environment.createSession(model.toString(), options);
        } catch (OrtException refused) {
            options.close();
            throw new ModelException("ONNX Runtime could not open " + model + ": " + refused.getMessage(), refused);
        }
    }

    @Override
    public String runtime() {
        return "OrtSession";
    }

    @Override
    public TimedStep prepare(StepInputs inputs) {
        Map<String, OnnxTensor> given = new LinkedHashMap<>();
        inputs.onHost().forEach((name, tensor) -> given.put(name, onnx(tensor)));
        return new TimedStep() {
            private Tensor result;

            @Override
            public void run() {
                try (OrtSession.Result outputs = session.run(given)) {
                    result = Tensor.of((OnnxTensor) outputs.get(inputs.result()).orElseThrow());
                } catch (OrtException failed) {
                    throw failure(failed);
                }
            }

            @Override
            public double[] result() {
                return inputs.read(result);
            }

            @Override
            public void close() {
                given.values().forEach(OnnxTensor::close);
            }
        };
    }

    private OnnxTensor onnx(Tensor tensor) {
        ByteBuffer data = tensor.data();
        try {
            return switch (tensor.type()) {
                case FLOAT32 -> OnnxTensor.createTensor(environment, data.asFloatBuffer(), tensor.shape());
                case FLOAT64 -> OnnxTensor.createTensor(environment, data.asDoubleBuffer(), tensor.shape());
                case INT64 -> OnnxTensor.createTensor(environment, data.asLongBuffer(), tensor.shape());
                case INT32 -> OnnxTensor.createTensor(environment, data.asIntBuffer(), tensor.shape());
                case FLOAT16 -> OnnxTensor.createTensor(environment, data.asShortBuffer(), tensor.shape(), OnnxJavaType.FLOAT16);
                case BFLOAT16 -> OnnxTensor.createTensor(environment, data.asShortBuffer(), tensor.shape(), OnnxJavaType.BFLOAT16);
                case BOOL -> OnnxTensor.createTensor(environment, data, tensor.shape(), OnnxJavaType.BOOL);
                default -> throw new IllegalArgumentException("Inputs of " + tensor.type() + " are not timed.");
            };
        } catch (OrtException failed) {
            throw failure(failed);
        }
    }

    private static ModelException failure(OrtException failed) {
        return new ModelException("ONNX Runtime failed while it ran the model: " + failed.getMessage(), failed);
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException failed) {
            throw failure(failed);
        } finally {
            options.close();
        }
    }
}
