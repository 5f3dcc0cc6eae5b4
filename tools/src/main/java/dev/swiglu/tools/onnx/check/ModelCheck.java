package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.ModelProto;
import java.nio.file.Path;
import java.util.List;

/** One kind of property that a valid model has. */
@FunctionalInterface
public interface ModelCheck {
    /** Every check, in an order in which a later one may rely on the earlier ones. */
    List<ModelCheck> ALL = List.of(new NameCheck(), new FunctionCheck(), new FlowCheck(), new AttributeCheck(),
            new TensorCheck(), new SparseTensorCheck(), new ExternalDataCheck());

    static void all(ModelProto model, Path file) {
        ALL.forEach(check -> check.check(model, file));
    }

    /**
     * @param file where the model lies
     * @throws dev.swiglu.tools.ToolException with what is wrong, where
     */
    void check(ModelProto model, Path file);
}
