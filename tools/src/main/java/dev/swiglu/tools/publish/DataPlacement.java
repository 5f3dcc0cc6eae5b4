package dev.swiglu.tools.publish;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.AtomicOutput;
import dev.swiglu.tools.onnx.ExternalData;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Brings the external data of a model to the folder of its output. Existing files are never replaced; closing without
 * {@link #keepWith}, or an interrupt from the keyboard, removes what was created.
 */
final class DataPlacement implements AutoCloseable {
    private final Path folder;
    private final Consumer<String> notes;
    private final Deque<Path> created = new ArrayDeque<>();
    private final Thread atInterrupt = new Thread(this::withdraw);
    private boolean withdrawn;

    /** @param notes receives sentences for people */
    DataPlacement(Path folder, Consumer<String> notes) {
        this.folder = folder;
        this.notes = notes;
        Runtime.getRuntime().addShutdownHook(atInterrupt);
    }

    /** Places the data of {@code source} and answers {@code result} such that it finds them. */
    ModelProto place(ModelFile source, ModelProto result, DataMode mode) {
        Map<String, Path> files = new TreeMap<>();
        ExternalData.files(result).forEach((location, data) -> files.put(location, data.resolve(source.path())));
        try {
            if (files.isEmpty()) {
                return result;
            }
            if (Files.isSameFile(source.folder(), folder)) {
                requireReadableBeside(folder, files);
                return result;
            }
            if (mode == DataMode.REFERENCE) {
                return referring(result, files);
            }
            if (mode == DataMode.COPY) {
                requireRoom(files);
            }
            for (Map.Entry<String, Path> file : files.entrySet()) {
                placeFile(file.getValue(), folder.resolve(file.getKey()), mode);
            }
            return result;
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, "The external data of " + source.path() + " cannot be brought to " + folder
                    + ": " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** ONNX Runtime follows a link out of the folder for a model that is a link itself, as in a Hugging Face cache; the output is none. */
    private static void requireReadableBeside(Path folder, Map<String, Path> files) throws IOException {
        for (Path real : files.values()) {
            if (!real.startsWith(folder.toRealPath())) {
                throw new ToolException(ExitCode.REFUSED, "The external data beside this model are links out of " + folder
                        + ", which ONNX Runtime would not follow for the output; write it to another folder.");
            }
        }
    }

    /** Does the last step, after which the data stay; it is not done when they were taken back already. */
    synchronized void keepWith(Runnable lastStep) {
        if (withdrawn) {
            throw new ToolException(ExitCode.IO, "Interrupted; nothing was written.");
        }
        lastStep.run();
        created.clear();
    }

    @Override
    public void close() {
        withdraw();
        try {
            Runtime.getRuntime().removeShutdownHook(atInterrupt);
        } catch (IllegalStateException e) {
            // the hook is running, or has run
        }
    }

    private synchronized void withdraw() {
        withdrawn = true;
        while (!created.isEmpty()) {
            Path path = created.pop();
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                throw new ToolException(ExitCode.IO, path + " cannot be removed: " + e.getMessage(), e);
            }
        }
    }

    private void placeFile(Path source, Path target, DataMode mode) throws IOException {
        createFolders(target.getParent());
        if (Files.exists(target)) {
            requireSame(source, target);
            return;
        }
        if (mode == DataMode.LINK && link(source, target)) {
            return;
        }
        AtomicOutput.removeLeftovers(target);
        try (AtomicOutput output = AtomicOutput.open(target, false)) {
            output.copy(source);
            output.publish();
        }
        created(target);
    }

    /** An earlier writer may have placed them. */
    private void requireSame(Path source, Path target) throws IOException {
        boolean same = Files.isSameFile(source, target)
                || Files.size(source) == Files.size(target) && Files.mismatch(source, target) < 0;
        if (!same || !target.toRealPath().startsWith(folder.toRealPath())) {
            throw new ToolException(ExitCode.IO, target + " exists and is not the data of this model;"
                    + " remove it or choose another folder.");
        }
    }

    private void requireRoom(Map<String, Path> files) throws IOException {
        long wanted = 0;
        for (Map.Entry<String, Path> file : files.entrySet()) {
            wanted += Files.exists(folder.resolve(file.getKey())) ? 0 : Files.size(file.getValue());
        }
        FreeSpace.require(folder, wanted);
    }

    private boolean link(Path source, Path target) {
        try {
            Files.createLink(target, source);
            created(target);
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            notes.accept("Copying " + source.getFileName() + ": it cannot be hard-linked to " + target.getParent() + ".");
            return false;
        }
    }

    /** Never through a link out of the folder, which is where everything that is placed belongs. */
    private void createFolders(Path wanted) throws IOException {
        if (!Files.exists(wanted, LinkOption.NOFOLLOW_LINKS)) {
            createFolders(wanted.getParent());
            Files.createDirectory(wanted);
            created(wanted);
        } else if (!wanted.toRealPath().startsWith(folder.toRealPath())) {
            throw new ToolException(ExitCode.REFUSED, wanted + " leads out of " + folder + ", so no data are written there.");
        }
    }

    private synchronized void created(Path path) {
        created.push(path);
    }

    private ModelProto referring(ModelProto result, Map<String, Path> files) throws IOException {
        Map<String, String> locations = new TreeMap<>();
        for (Map.Entry<String, Path> file : files.entrySet()) {
            Path relative = folder.toRealPath().relativize(file.getValue());
            if (relative.startsWith("..")) {
                throw new ToolException(ExitCode.USAGE, "--data reference is not possible: " + file.getValue()
                        + " is not in or below " + folder
                        + ", and ONNX Runtime reads no data from elsewhere; use --data link or copy.");
            }
            locations.put(file.getKey(), relative.toString());
        }
        return Tensors.map(result, tensor -> ExternalData.isExternal(tensor) ? relocated(tensor, locations) : tensor);
    }

    private static TensorProto relocated(TensorProto tensor, Map<String, String> locations) {
        TensorProto.Builder result = tensor.toBuilder();
        for (int i = 0; i < tensor.getExternalDataCount(); i++) {
            StringStringEntryProto entry = tensor.getExternalData(i);
            if (entry.getKey().equals("location")) {
                result.setExternalData(i, entry.toBuilder().setValue(locations.get(entry.getValue())));
            }
        }
        return result.build();
    }
}
