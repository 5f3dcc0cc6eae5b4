package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.swiglu.Tensor;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Puts trained weights in the place of a model's own. */
public final class TrainedWeights {
    /** What a protobuf may hold, less what is not weights. */
    private static final long MOST_BYTES = (1L << 31) - (1L << 26);

    private TrainedWeights() {
    }

    /**
     * The model with these initializers; all others, the nodes and the metadata stay.
     *
     * @throws ToolException when the model has no such initializer, or one of another type or shape
     */
    public static ModelProto into(ModelProto forward, Map<String, Tensor> weights) {
        Map<String, Tensor> left = new LinkedHashMap<>(weights);
        GraphProto.Builder graph = forward.getGraph().toBuilder();
        long bytes = 0;
        for (int i = 0; i < graph.getInitializerCount(); i++) {
            TensorProto old = graph.getInitializer(i);
            Tensor trained = left.remove(old.getName());
            if (trained != null) {
                requireAlike(old, trained);
                bytes += trained.data().remaining();
                graph.setInitializer(i, TensorProto.newBuilder().setName(old.getName()).setDataType(old.getDataType())
                        .addAllDims(old.getDimsList()).setRawData(elements(trained)));
            }
        }
        if (!left.isEmpty()) {
            throw new ToolException(ExitCode.REFUSED, "The model has no weight '" + left.keySet().iterator().next()
                    + "'; these weights are those of another model.");
        }
        if (bytes > MOST_BYTES) {
            throw new ToolException(ExitCode.REFUSED, "The weights have " + bytes + " bytes, and a model with weights in one file"
                    + " ends at 2 GiB.");
        }
        return forward.toBuilder().setGraph(graph).build();
    }

    private static ByteString elements(Tensor tensor) {
        return UnsafeByteOperations.unsafeWrap(tensor.data());
    }

    private static void requireAlike(TensorProto old, Tensor trained) {
        String type = ElementType.of(old.getDataType()).label();
        long[] shape = old.getDimsList().stream().mapToLong(Long::longValue).toArray();
        if (!type.equals(trained.type().toString()) || !Arrays.equals(shape, trained.shape())) {
            throw new ToolException(ExitCode.REFUSED, "The model's weight '" + old.getName() + "' is " + type
                    + Arrays.toString(shape) + ", and the trained one is " + trained + "; these weights are those of another model.");
        }
    }
}
