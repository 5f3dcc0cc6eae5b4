package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.gradient.GradientModel;
import dev.swiglu.tools.gradient.GradientReport;
import dev.swiglu.tools.gradient.GradientRequest;
import dev.swiglu.tools.gradient.optimizer.Optimizer;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.publish.Publication;
import dev.swiglu.tools.publish.PublicationCheck;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gradient IN OUT}: a model that also computes gradients, or a whole training step. */
@Command(name = "gradient", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = {"Writes a model that also computes the gradients of an output, named grad:NAME, or, with an optimizer, a"
                + " training step. An output that is not one number gets an input grad_OUTPUT for its own gradient.",
            "A training step has the weights and the optimizer's state as inputs and their new values, next:NAME, as outputs;"
                + " the model's metadata dev.swiglu.training say which belong together."})
public final class GradientCommand implements Callable<Integer> {

    /** Where differentiated weights stand in the output. */
    public enum Weights {
        INPUTS, INITIALIZERS;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Mixin
    private FromTo files;

    @Option(names = "--of", paramLabel = "OUTPUT", description = "What to differentiate (default: the only output, or loss).")
    private Optional<String> of;

    @Option(names = "--wrt", paramLabel = "NAME", split = ",",
            description = "Inputs and initializers with respect to which (default:"
            + " every floating-point initializer with more than one element).")
    private List<String> wrt = List.of();

    @Option(names = "--freeze", paramLabel = "NAME", split = ",",
            description = "Weights to leave out where there is no --wrt; * stands for any text.")
    private List<String> frozen = List.of();

    @Option(names = "--weights", paramLabel = "WHERE",
            description = "Differentiated weights are ${COMPLETION-CANDIDATES} of the output"
            + " (default: initializers; with an optimizer always inputs). The values of those that become inputs stay in"
            + " the file, in its training_info.")
    private Optional<Weights> weights;

    @Option(names = "--recompute",
            description = "Compute gate and up of FusedSwiGLU again on the way back instead of saving them.")
    private boolean recompute;

    @Mixin
    private OptimizerOptions optimization;

    @Mixin
    private ReportOptions reporting;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Optional<Optimizer> optimizer = optimization.optimizer(spec);
        if (optimizer.isPresent() && weights.equals(Optional.of(Weights.INITIALIZERS))) {
            throw new ParameterException(spec.commandLine(),
                    "--weights initializers cannot change from step to step; leave it out where there is an --optimizer");
        }
        if (!wrt.isEmpty() && !frozen.isEmpty()) {
            throw new ParameterException(spec.commandLine(),
                    "--wrt says what is differentiated, --freeze what is not; use one of them");
        }
        Path input = files.input();
        reporting.requireWritable(spec, input, files.target());
        PrintWriter err = spec.commandLine().getErr();
        Publication publication = files.publication(PublicationCheck.NONE, err::println);
        ModelFile source = ModelFile.read(input);
        reporting.requireNotDataOf(spec, source, input, files.target());
        publication.requireWritable(source);

        boolean asInputs = optimizer.isPresent() || weights.equals(Optional.of(Weights.INPUTS));
        GradientRequest request =
                new GradientRequest(of, wrt, frozen, asInputs, recompute, optimizer, optimization.scalesLoss());
        GradientModel model = GradientModel.of(source, request, Version.current());
        publication.publish(source, model.result());
        GradientReport report = model.report(files.target().toString());
        reporting.write(report, () -> GradientTable.of(report), spec.commandLine().getOut());
        report.notes().forEach(err::println);
        err.println("Written: " + files.target() + ", " + report.nodes().forward() + " nodes forward, "
                + report.nodes().all() + " in all.");
        return ExitCode.DONE.number();
    }
}
