package dev.swiglu.tools.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.folder.FolderPublication;
import dev.swiglu.tools.folder.ModelFolder;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.publish.Publication;
import dev.swiglu.tools.publish.PublicationCheck;
import dev.swiglu.tools.rewrite.Restoration;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code restore IN OUT}: undoes a rewrite. */
@Command(name = "restore", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = "Gives back the original of a rewritten model, or of a rewritten folder.")
public final class RestoreCommand implements Callable<Integer> {
    @Mixin
    private FromTo files;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path input = files.input();
        PrintWriter err = spec.commandLine().getErr();
        if (Files.isDirectory(input)) {
            return restoreFolder(err).number();
        }
        Publication publication = files.publication(PublicationCheck.NONE, err::println);
        ModelFile source = ModelFile.read(input);
        publication.requireWritable(source);
        Restoration restoration = Restoration.of(source.proto()).orElseThrow(() -> new ToolException(
                ExitCode.NOTHING_TO_REWRITE, input + " was not rewritten by this tool; there is nothing to restore."));
        publication.publish(source, restoration.model());
        err.println("Written: " + publication.target() + (restoration.isIdenticalToSource()
                ? ", byte for byte the file that was rewritten (sha256 " + restoration.sourceSha256() + ")."
                : ". The graph is restored; the file is not byte for byte the one that was rewritten, because that one was"
                        + " serialized differently or the model was changed since."));
        return ExitCode.DONE.number();
    }

    private ExitCode restoreFolder(PrintWriter err) {
        ModelFolder folder = ModelFolder.read(files.input());
        FolderPublication publication = files.folderPublication(folder, PublicationCheck.NONE, err::println);
        publication.requireWritable();
        Map<Path, ModelProto> originals = new LinkedHashMap<>();
        for (Path model : folder.models()) {
            Restoration.of(ModelFile.read(folder.file(model)).proto())
                    .ifPresent(restoration -> originals.put(model, restoration.model()));
        }
        if (originals.isEmpty()) {
            throw new ToolException(ExitCode.NOTHING_TO_REWRITE,
                    "No model in " + files.input() + " was rewritten by this tool; there is nothing to restore.");
        }
        try (Progress progress = Progress.onTerminal(err, "Writing", folder.files().size())) {
            publication.publishRestored(originals, progress);
        }
        err.println("Written: " + publication.target() + ", " + originals.size()
                + (originals.size() == 1 ? " model restored." : " models restored."));
        return ExitCode.DONE;
    }
}
