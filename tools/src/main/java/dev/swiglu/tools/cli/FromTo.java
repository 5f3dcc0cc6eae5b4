package dev.swiglu.tools.cli;

import dev.swiglu.tools.folder.FolderPublication;
import dev.swiglu.tools.folder.ModelFolder;
import dev.swiglu.tools.publish.DataMode;
import dev.swiglu.tools.publish.Publication;
import dev.swiglu.tools.publish.PublicationCheck;
import java.nio.file.Path;
import java.util.function.Consumer;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The model to change, and where and how the changed one is written; shared by the commands that write a model. */
final class FromTo {
    @Parameters(index = "0", paramLabel = "IN",
            description = "The .onnx file, or the folder with models, to read; it is never changed.")
    private Path input;

    @Parameters(index = "1", paramLabel = "OUT", description = "The model, or the folder, to write.")
    private Path target;

    @Option(names = "--data", paramLabel = "HOW", defaultValue = "link",
            description = "External data of an output in another folder: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private DataMode data;

    @Option(names = "--force", description = "Replace the file OUT if it exists; a folder is never replaced.")
    private boolean force;

    Path input() {
        return input;
    }

    Path target() {
        return target;
    }

    Publication publication(PublicationCheck check, Consumer<String> notes) {
        return new Publication(target, data, force, check, notes);
    }

    FolderPublication folderPublication(ModelFolder folder, PublicationCheck check, Consumer<String> notes) {
        return new FolderPublication(folder, target, data, check, notes);
    }
}
