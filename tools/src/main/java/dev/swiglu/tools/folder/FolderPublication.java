package dev.swiglu.tools.folder;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.CodedOutputStream;
import dev.swiglu.IoReason;
import dev.swiglu.SwiGlu;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ExternalData;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.publish.DataMode;
import dev.swiglu.tools.publish.PublicationCheck;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Writes a folder anew with some of its models changed and every other file in its place. Large files and the data of models
 * are linked or copied, as asked; small ones are copied, so that nobody who edits one edits the original.
 *
 * @param notes receives sentences for people
 */
public record FolderPublication(ModelFolder source, Path target, DataMode data, PublicationCheck check, Consumer<String> notes) {
    private static final long SMALL = 16L << 20;

    /** Refuses a target that cannot be written, before any work is done. */
    public void requireWritable() {
        if (data == DataMode.REFERENCE) {
            throw new ToolException(ExitCode.USAGE,
                    "--data reference is not possible for a folder, which stands alone; use link or copy.");
        }
        FolderOutput.requireFree(target);
        try {
            Path place = target.toAbsolutePath().getParent().toRealPath().resolve(target.toAbsolutePath().getFileName());
            if (place.startsWith(source.path().toRealPath())) {
                throw new ToolException(ExitCode.IO, target + " lies in " + source.path() + ", which is never changed.");
            }
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, target + " cannot be examined: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** The folder with {@code models}, by their place in it, rewritten; genai finds the library in it. */
    public void publishRewritten(Map<Path, ModelProto> models, Progress progress) {
        Map<Path, String> configurations = new HashMap<>();
        Set<Path> libraries = new HashSet<>();
        for (Path file : configurationFiles()) {
            GenaiConfig config = GenaiConfig.read(source.file(file));
            Map<String, ModelProto> named = new HashMap<>();
            models.forEach((place, model) -> named.put(folderOf(file).relativize(place).toString(), model));
            config.register(named);
            config.otherLibraries().forEach(library -> notes.accept(file + " has " + library + " as its custom_ops_library, and"
                    + " genai takes one: the rewritten model runs there without ours, by its own functions."));
            if (config.isRegistered()) {
                configurations.put(file, config.text());
                libraries.add(file.resolveSibling(GenaiConfig.LIBRARY));
            } else if (config.otherLibraries().isEmpty()) {
                notes.accept(file + " names none of the rewritten models, so genai is not told of the library.");
            }
        }
        publish(models, configurations, libraries, Set.of(), progress);
    }

    /** The folder with {@code models} restored, and without the library where a configuration named it. */
    public void publishRestored(Map<Path, ModelProto> models, Progress progress) {
        Map<Path, String> configurations = new HashMap<>();
        Set<Path> dropped = new HashSet<>();
        for (Path file : configurationFiles()) {
            GenaiConfig config = GenaiConfig.read(source.file(file));
            if (config.unregister()) {
                configurations.put(file, config.text());
                dropped.add(file.resolveSibling(GenaiConfig.LIBRARY));
            }
        }
        publish(models, configurations, Set.of(), dropped, progress);
    }

    private List<Path> configurationFiles() {
        return source.files().stream().filter(file -> file.getFileName().toString().equals(GenaiConfig.FILE)).toList();
    }

    private void publish(Map<Path, ModelProto> models, Map<Path, String> configurations, Set<Path> libraries, Set<Path> dropped,
            Progress progress) {
        requireWritable();
        Set<Path> weights = externalData(models.keySet());
        int done = 0;
        try (FolderOutput output = new FolderOutput(target)) {
            for (Path file : source.files()) {
                if (models.containsKey(file)) {
                    output.write(stream -> write(models.get(file), stream), file);
                } else if (configurations.containsKey(file)) {
                    output.write(stream -> stream.write(configurations.get(file).getBytes(StandardCharsets.UTF_8)), file);
                } else if (!libraries.contains(file) && !dropped.contains(file)) {
                    place(file, output, weights.contains(file));
                }
                progress.at(++done, file.toString());
            }
            libraries.forEach(place -> output.write(stream -> Files.copy(SwiGlu.library(), stream), place));
            for (Path model : models.keySet()) {
                if (check != PublicationCheck.NONE && models.size() > 1) {
                    notes.accept("Verifying " + model + ":");
                }
                check.check(source.file(model), output.temporary(model), target.resolve(model));
            }
            output.publish();
        }
    }

    private static void write(ModelProto model, OutputStream stream) throws IOException {
        CodedOutputStream coded = CodedOutputStream.newInstance(stream);
        model.writeTo(coded);
        coded.flush();
    }

    private void place(Path file, FolderOutput output, boolean weights) {
        try {
            if (data == DataMode.LINK && (weights || Files.size(source.file(file)) >= SMALL)) {
                output.link(source.file(file), file, notes);
            } else {
                output.copy(source.file(file), file);
            }
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, source.file(file) + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** The files that these models refer to, which must be among those that come along. */
    private Set<Path> externalData(Set<Path> models) {
        Set<Path> weights = new HashSet<>();
        for (Path model : models) {
            ModelFile file = ModelFile.read(source.file(model));
            ExternalData.files(file.proto()).forEach((location, data) -> {
                data.resolve(file.path());
                weights.add(folderOf(model).resolve(location).normalize());
                if (!source.files().contains(folderOf(model).resolve(location).normalize())) {
                    throw new ToolException(ExitCode.REFUSED, file.path() + " keeps data in '" + location
                            + "', which is not in " + source.path() + "; a folder is rewritten only whole.");
                }
            });
        }
        return weights;
    }

    private static Path folderOf(Path file) {
        return file.getParent() == null ? Path.of("") : file.getParent();
    }
}
