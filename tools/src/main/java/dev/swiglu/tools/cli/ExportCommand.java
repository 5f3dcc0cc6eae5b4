package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.TrainedWeights;
import dev.swiglu.tools.publish.Publication;
import dev.swiglu.tools.publish.PublicationCheck;
import dev.swiglu.training.Checkpoint;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code export IN OUT --checkpoint FILE}: a forward model with the weights that a training left. */
@Command(name = "export", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = "Writes a forward model with the weights of a training's checkpoint.")
public final class ExportCommand implements Callable<Integer> {
    @Mixin
    private FromTo files;

    @Option(names = "--checkpoint", paramLabel = "FILE", required = true, description = "What Trainer.checkpoint wrote.")
    private Path checkpoint;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        Publication publication = files.publication(PublicationCheck.NONE, err::println);
        ModelFile forward = ModelFile.read(files.input());
        publication.requireWritable(forward);
        Checkpoint trained = Checkpoint.read(checkpoint);
        publication.publish(forward, TrainedWeights.into(forward.proto(), trained.weights()));
        err.printf("Written: %s, with the weights after %,d steps.%n", publication.target(), trained.step());
        return ExitCode.DONE.number();
    }
}
