package dev.swiglu.tools.fuzz;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import java.util.Random;

/** One malformed model from a well-formed one: damaged as bytes, as a protobuf, or as a graph. */
interface Mutation {
    byte[] apply(byte[] model, Random random);

    List<Mutation> ALL = List.of(new ByteMutation(), new FieldMutation(), new GraphMutation());

    static byte[] any(byte[] model, Random random) {
        byte[] result = ALL.get(random.nextInt(ALL.size())).apply(model, random);
        return random.nextInt(4) == 0 ? any(result, random) : result;
    }

    /** The model in {@code bytes}, or none when they were damaged before. */
    static ModelProto.Builder parsed(byte[] bytes) {
        try {
            return ModelProto.newBuilder().mergeFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            return null;
        }
    }
}
