package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.html.VerificationPage;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.Runner;
import dev.swiglu.tools.verify.VerificationReport;
import dev.swiglu.tools.verify.Verifier;
import dev.swiglu.tools.verify.inputs.GivenInputs;
import dev.swiglu.tools.verify.inputs.Sample;
import dev.swiglu.tools.verify.inputs.SampleInputs;
import dev.swiglu.tools.verify.language.LanguageAccuracy;
import dev.swiglu.tools.verify.language.LanguageComparison;
import dev.swiglu.tools.verify.language.TokenFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine;

/** {@code swiglu verify}: exit code 0 when every site and output is as accurate as the original, 4 when one is not. */
@Command(name = "verify", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Runs both models and judges every output and every rewritten site against float64.")
public final class VerifyCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "ORIGINAL", description = "The model before the rewrite.")
    private Path original;

    @Parameters(index = "1", paramLabel = "REWRITTEN", description = "The model after it.")
    private Path rewritten;

    @Mixin
    private DeviceOption device;

    @Option(names = "--inputs", paramLabel = "FILE.npz",
            description = "Use these inputs, one NumPy array for each graph input, instead of made ones.")
    private Path inputs;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
            description = "Seed of the made inputs (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--portable",
            description = "Run the rewritten model without the operator library, as other runtimes do.")
    private boolean portable;

    @Option(names = "--bisect", description = "Where the models differ, find out which sites make the difference.")
    private boolean bisect;

    @Option(names = "--tokens", paramLabel = "FILE", description = "Let both language models read these token ids (integers as"
            + " text, .npy or .npz), and compare predictions and perplexities.")
    private Path tokens;

    @Option(names = "--window", paramLabel = "N", defaultValue = "256",
            description = "Tokens that are read at once (default: ${DEFAULT-VALUE}).")
    private int window;

    @Mixin
    private PageOptions reports;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() {
        if (window < 2) {
            throw new ParameterException(spec.commandLine(), "--window must be at least 2, not " + window);
        }
        reports.requireWritable(spec, original, rewritten, inputs, tokens);
        ModelFile originalModel = ModelFile.read(original);
        ModelFile rewrittenModel = ModelFile.read(rewritten);
        reports.requireNotDataOf(spec, originalModel, original);
        reports.requireNotDataOf(spec, rewrittenModel, rewritten);
        List<Sample> samples = inputs == null
                ? new SampleInputs(originalModel, seed).all()
                : List.of(GivenInputs.read(inputs, originalModel.proto().getGraph()));
        LanguageComparison text = tokens == null ? null : new LanguageComparison(new Runner(originalModel, device.get(), false),
                new Runner(rewrittenModel, device.get(), !portable), TokenFile.read(tokens), window);
        VerificationReport verified = verified(originalModel, rewrittenModel, samples);
        VerificationReport report = text == null ? verified : verified.with(read(text));
        reports.write(report, () -> VerificationTable.of(report), () -> VerificationPage.of(report), spec.commandLine().getOut());
        return (report.passed() ? ExitCode.DONE : ExitCode.INACCURATE).number();
    }

    private VerificationReport verified(ModelFile originalModel, ModelFile rewrittenModel, List<Sample> samples) {
        PrintWriter err = spec.commandLine().getErr();
        Verifier verifier;
        VerificationReport report;
        try (Progress progress = Progress.onTerminal(err, "Verifying", Verifier.STEPS)) {
            verifier = new Verifier(originalModel, samples, device.get(), progress);
            report = verifier.verify(rewrittenModel, !portable, progress);
        }
        // halving takes two runs a step; more only where several sites are to blame
        int expected = 4 + 2 * (Integer.SIZE - Integer.numberOfLeadingZeros(report.sites().size()));
        try (Progress progress = Progress.onTerminal(err, "Bisecting", expected)) {
            return bisect ? verifier.bisect(report, rewrittenModel, progress) : report;
        }
    }

    private LanguageAccuracy read(LanguageComparison text) {
        try (Progress progress = Progress.onTerminal(spec.commandLine().getErr(), "Reading", text.windows())) {
            return text.run(tokens.toString(), progress);
        }
    }
}
