package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.publish.Publication;
import dev.swiglu.tools.publish.PublicationCheck;
import dev.swiglu.tools.rewrite.Restoration;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code restore IN OUT}: undoes a rewrite. */
@Command(name = "restore", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = "Gives back the original of a rewritten model.")
public final class RestoreCommand implements Callable<Integer> {
    @Mixin
    private FromTo files;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path input = files.input();
        PrintWriter err = spec.commandLine().getErr();
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
}
