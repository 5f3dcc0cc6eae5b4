package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ExternalData;
import dev.swiglu.tools.onnx.ExternalFile;
import dev.swiglu.tools.onnx.NodeRef;
import dev.swiglu.tools.onnx.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Data outside of the model, of whatever tensor, lie where they may and reach no further than their file. A file that is
 * not there yet is no fault of the model: the command that needs it says so.
 */
final class ExternalDataCheck implements ModelCheck {

    @Override
    public void check(ModelProto model, Path path) {
        Map<String, ExternalFile> files = new HashMap<>();
        Map<String, String> spellings = new HashMap<>();
        Tensors.forEachMessage(model, TensorProto.class, (owner, tensor) -> {
            if (!ExternalData.isExternal(tensor)) {
                return;
            }
            String location = location(tensor, owner, path, files);
            String other = spellings.putIfAbsent(location.toLowerCase(Locale.ROOT), location);
            if (other != null && !other.equals(location)) {
                throw Refusal.of(path, "it keeps data in '" + other + "' and in '" + location + "', which is one file to some systems");
            }
        });
    }

    private static String location(TensorProto tensor, NodeProto owner, Path model, Map<String, ExternalFile> files) {
        try {
            ExternalData data = ExternalData.of(tensor);
            if (Files.exists(model.resolveSibling(data.location()))) {
                files.computeIfAbsent(data.location(), location -> ExternalFile.of(data, model)).requireHolds(data);
            }
            return data.location();
        } catch (ToolException failure) {
            throw named(failure, model, owner);
        }
    }

    private static ToolException named(ToolException failure, Path model, NodeProto owner) {
        String place = model + (owner == null ? "" : ", " + NodeRef.describe(owner));
        return new ToolException(failure.exitCode(), place + ": " + failure.getMessage(), failure);
    }
}
