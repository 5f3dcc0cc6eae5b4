package dev.swiglu.tools.publish;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedOutputStream;
import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.tools.onnx.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Writes a changed model so that it appears whole, checked and beside its data, or not at all: first the data, then the
 * model under a temporary name, then the check, then the name.
 *
 * @param force whether an existing target may be replaced
 * @param notes receives sentences for people
 */
public record Publication(Path target, DataMode data, boolean force, PublicationCheck check, Consumer<String> notes) {

    /** Refuses a target that cannot be written, before any work is done. */
    public void requireWritable(ModelFile source) {
        try {
            if (Files.exists(target) && Files.isSameFile(source.path(), target)) {
                throw new ToolException(ExitCode.IO, target
                        + " is the input itself, which is never changed; name another output.");
            }
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, target + " cannot be examined: " + IoReason.withoutFile(e) + ".", e);
        }
        AtomicOutput.requireFree(target, force);
    }

    public void publish(ModelFile source, ModelProto result) {
        requireWritable(source);
        try (AtomicOutput output = AtomicOutput.open(target, force);
                DataPlacement placement = new DataPlacement(target.toAbsolutePath().getParent(), notes)) {
            ModelProto placed = placement.place(source, result, data);
            output.write(stream -> {
                CodedOutputStream coded = CodedOutputStream.newInstance(stream);
                placed.writeTo(coded);
                coded.flush();
            });
            check.check(source.path(), output.temporary(), target);
            output.publish();
            placement.keep();
        }
    }
}
