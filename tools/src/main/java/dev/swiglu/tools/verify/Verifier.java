package dev.swiglu.tools.verify;

import dev.swiglu.Device;
import dev.swiglu.ModelException;
import dev.swiglu.Tensor;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.GraphInputs;
import dev.swiglu.tools.verify.inputs.Sample;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Judges every output and every rewritten site of a model on the samples on which the original ran. Models run one after
 * the other, each twice: once as it is published, once giving away the values around the sites.
 */
public final class Verifier {
    /** What {@link Progress} counts, from the original to the last site. */
    public static final int STEPS = 5;

    private final ModelFile original;
    private final List<Sample> samples;
    private final Device device;
    private final Runner originalRunner;
    private final List<Map<String, Tensor>> originalOutputs;
    private final Twin twin;

    /** Runs the original, and its float64 twin. */
    public Verifier(ModelFile original, List<Sample> samples, Device device, Progress progress) {
        this.original = original;
        this.samples = samples;
        this.device = device;
        this.originalRunner = new Runner(original, device, false);
        progress.at(0, "the original");
        this.originalOutputs = ofOriginal(() -> originalRunner.outputs(samples));
        progress.at(1, "its float64 twin");
        this.twin = Twin.of(original, samples);
    }

    /** @param operators false to run the rewritten model without our library, as other runtimes will */
    public VerificationReport verify(ModelFile rewritten, boolean operators, Progress progress) {
        return verify(rewritten, rewritten.path(), operators, progress);
    }

    /** @param name what people call the rewritten model, whose file may have a temporary name */
    VerificationReport verify(ModelFile rewritten, Path name, boolean operators, Progress progress) {
        Runner rewrittenRunner = new Runner(rewritten, device, operators);
        progress.at(2, "the rewritten model");
        List<Map<String, Tensor>> outputs = ofRewritten(name, () -> rewrittenRunner.outputs(samples));
        RewrittenSites sites = RewrittenSites.of(rewritten);
        return new VerificationReport(
                original.path().toString(), name.toString(), device.toString(), operators,
                samples.stream().map(Sample::name).toList(), twin.reference(),
                new OutputComparer(original, twin, device).compare(samples, originalOutputs, outputs),
                compareSites(sites.tapped(), name, rewrittenRunner, progress), sites.nested(), null, null);
    }

    /** The report with the sites that make {@code rewritten} fail; the report itself where it does not. */
    public VerificationReport bisect(VerificationReport report, ModelFile rewritten, Progress progress) {
        return report.passed() ? report : report.with(new Bisector(original, rewritten.proto(), samples, device,
                report.operators(), new OutputComparer(original, twin, device), originalOutputs, progress).bisect());
    }

    private List<VerificationReport.SiteResult> compareSites(List<Site> sites, Path name, Runner rewrittenRunner,
            Progress progress) {
        if (sites.isEmpty()) {
            return List.of();
        }
        SiteComparer comparer = new SiteComparer(sites, new Operands(original), device);
        Set<String> wanted = comparer.wanted();
        requireInOriginal(wanted);
        progress.at(3, "the sites");
        List<Map<String, Tensor>> before = ofOriginal(() -> originalRunner.values(samples, wanted));
        List<Map<String, Tensor>> after = ofRewritten(name, () -> rewrittenRunner.values(samples, wanted));
        progress.at(4, "the sites in float64");
        return comparer.compare(samples, before, after);
    }

    private void requireInOriginal(Set<String> wanted) {
        Set<String> available = Taps.available(original.proto());
        GraphInputs.required(original.proto().getGraph()).forEach(input -> available.add(input.getName()));
        for (String value : wanted) {
            if (!available.contains(value)) {
                throw new ToolException(ExitCode.INACCURATE, "The rewritten model has a site at value '" + value
                        + "', which " + original.path() + " does not have: it is not a rewrite of that model.");
            }
        }
    }

    private <T> T ofOriginal(Supplier<T> run) {
        try {
            return run.get();
        } catch (ModelException failed) {
            throw OriginalDoesNotRun.explain(original, device, failed);
        }
    }

    private static <T> T ofRewritten(Path name, Supplier<T> run) {
        try {
            return run.get();
        } catch (ModelException failed) {
            throw new ToolException(ExitCode.REFUSED,
                    "ONNX Runtime cannot run " + name + ", and it runs the original: " + RuntimeReason.of(failed) + ".", failed);
        } catch (IllegalArgumentException failed) {
            throw new ToolException(ExitCode.INACCURATE,
                    name + " does not run where the original does: " + failed.getMessage(), failed);
        }
    }
}
