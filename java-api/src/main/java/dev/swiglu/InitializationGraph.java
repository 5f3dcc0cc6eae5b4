package dev.swiglu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The graph that a training model carries in ONNX's {@code training_info} to compute its initial values, as a model of its
 * own: the file's IR version and operator sets around that graph. ONNX Runtime itself ignores it.
 */
final class InitializationGraph {
    private static final int IR_VERSION = 1;
    private static final int GRAPH = 7;
    private static final int OPSET_IMPORT = 8;
    private static final int TRAINING_INFO = 20;
    private static final int INITIALIZATION = 1;

    private InitializationGraph() {}

    static ByteBuffer of(Path model) {
        List<ByteBuffer> parts = new ArrayList<>();
        List<ByteBuffer> graphs = new ArrayList<>();
        try {
            Protobuf.eachField(ModelSource.File.map(model), field -> {
                switch (field.number()) {
                    case IR_VERSION, OPSET_IMPORT -> parts.add(field.whole());
                    case TRAINING_INFO -> Protobuf.eachField(field.content(), part -> {
                        if (part.number() == INITIALIZATION) {
                            graphs.add(part.content());
                        }
                    });
                    default -> { }
                }
            });
        } catch (IOException unreadable) {
            throw new UncheckedIOException(model + " cannot be read: " + IoReason.withoutFile(unreadable) + ".", unreadable);
        } catch (IllegalArgumentException malformed) {
            throw new ModelException(model + " is cut off or not an ONNX model.", malformed);
        }
        if (graphs.isEmpty()) {
            throw new ModelException(model + " brings no initial values along; make a training model of it with"
                    + " 'tools/swiglu gradient " + model.getFileName() + " OUT --optimizer adamw'.");
        }
        parts.add(Protobuf.header(GRAPH, graphs.get(0).remaining()));
        parts.add(graphs.get(0));
        ByteBuffer bytes = ByteBuffer.allocateDirect(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(bytes::put);
        return bytes.flip();
    }
}
