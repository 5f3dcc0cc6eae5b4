package dev.swiglu.tools.publish;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.tools.onnx.ExternalData;
import dev.swiglu.tools.onnx.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Writes a changed model so that it appears whole, checked and beside its data, or not at all: first the data, then the
 * model under a temporary name, then the check, then the name. One writer at a time in a folder.
 *
 * @param force whether an existing target may be replaced
 * @param notes receives sentences for people
 */
public record Publication(Path target, DataMode data, boolean force, PublicationCheck check, Consumer<String> notes) {

    /** Refuses a target that cannot be written, or would replace a file that the input consists of, before any work is done. */
    public void requireWritable(ModelFile source) {
        requireOther(source.path(), "the input itself");
        for (String location : ExternalData.files(source.proto()).keySet()) {
            requireOther(source.path().resolveSibling(location), "external data of the input");
            Path place = folder().resolve(location).normalize();
            if (place.toString().equalsIgnoreCase(target.toAbsolutePath().normalize().toString())) {
                throw new ToolException(ExitCode.IO, target + " is where the model's external data belong; name another output.");
            }
        }
        AtomicOutput.requireFree(target, force);
    }

    public void publish(ModelFile source, ModelProto result) {
        publish(source, result, ModelProto::getDefaultInstance);
    }

    /**
     * @param rest what belongs to {@code result}, too, and takes long to find out, such as a checksum of the source; asked for
     *     while the result is written, and written behind it, where protobuf takes it as a part of the same message
     */
    public void publish(ModelFile source, ModelProto result, Supplier<ModelProto> rest) {
        requireWritable(source);
        try (FolderLock lock = FolderLock.of(folder(), notes)) {
            AtomicOutput.removeLeftovers(target);
            try (AtomicOutput output = AtomicOutput.open(target, force);
                    DataPlacement placement = new DataPlacement(folder(), notes)) {
                CompletableFuture<ModelProto> found = CompletableFuture.supplyAsync(rest);
                output.write(placement.place(source, result, data)::writeTo);
                output.write(found.join()::writeTo);
                check.check(source.path(), output.temporary(), target);
                placement.keepWith(output::publish);
            }
        }
    }

    private void requireOther(Path file, String what) {
        try {
            if (Files.exists(target) && Files.exists(file) && Files.isSameFile(file, target)) {
                throw new ToolException(ExitCode.IO, target + " is " + what + ", which is never changed; name another output.");
            }
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, target + " cannot be examined: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    private Path folder() {
        return target.toAbsolutePath().getParent();
    }
}
