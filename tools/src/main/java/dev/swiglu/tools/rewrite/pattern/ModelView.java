package dev.swiglu.tools.rewrite.pattern;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.ValueTypes;
import java.nio.file.Path;

/** All that recognizers and rules may ask about a model. */
public record ModelView(GraphIndex index, ValueTypes types, Effort effort) {

    public static ModelView of(ModelProto model, Path file) {
        GraphIndex index = GraphIndex.of(model, file);
        return new ModelView(index, ValueTypes.of(index), new Effort(file));
    }
}
