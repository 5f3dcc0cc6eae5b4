package dev.swiglu.tools.verify;

import dev.swiglu.Device;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.publish.PublicationCheck;
import dev.swiglu.tools.verify.inputs.SampleInputs;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * {@code rewrite --verify}: an output appears only when it is as accurate as its original in both ways in which it will
 * be used, with our library and without it.
 *
 * @param progress makes what shows how far one comparison is
 * @param reports receives each comparison, passed or not
 */
public record VerifiedPublication(Device device, long seed, Supplier<Progress> progress, Consumer<VerificationReport> reports)
        implements PublicationCheck {

    public VerifiedPublication(Device device, long seed, Consumer<VerificationReport> reports) {
        this(device, seed, () -> Progress.NONE, reports);
    }

    @Override
    public void check(Path original, Path candidate, Path target) {
        ModelFile source = ModelFile.read(original);
        ModelFile rewritten = ModelFile.read(candidate);
        Verifier verifier = verifier(source);
        for (boolean operators : new boolean[] {true, false}) {
            VerificationReport report = verify(verifier, rewritten, target, operators);
            reports.accept(report);
            if (!report.passed()) {
                throw new ToolException(ExitCode.INACCURATE,
                        "The rewritten model is not as accurate as " + original + "; nothing was written.");
            }
        }
    }

    private Verifier verifier(ModelFile source) {
        try (Progress shown = progress.get()) {
            return new Verifier(source, new SampleInputs(source, seed).all(), device, shown);
        }
    }

    private VerificationReport verify(Verifier verifier, ModelFile rewritten, Path target, boolean operators) {
        try (Progress shown = progress.get()) {
            return verifier.verify(rewritten, target, operators, shown);
        }
    }
}
