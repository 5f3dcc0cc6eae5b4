package dev.swiglu.tools.cli;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.html.RewritePage;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Report;
import dev.swiglu.tools.rewrite.Rewriter;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code inspect MODEL}: every gated MLP, and what a rewrite would do with it. */
@Command(name = "inspect", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = "Lists every gated MLP of a model, what a rewrite would do with it, and why it would leave one alone.")
public final class InspectCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "The .onnx file.")
    private Path model;

    @Option(names = "--mode", paramLabel = "MODE", defaultValue = "auto",
            description = "What the rewrite would be allowed: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Mode mode;

    @Mixin
    private PageOptions reporting;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        reporting.requireWritable(spec, model);
        Stopwatch time = Stopwatch.start();
        ModelFile source = ModelFile.read(model);
        reporting.requireNotDataOf(spec, source, model);
        Rewriter rewriter = Rewriter.of(source, mode);
        Report report = Report.of(model.toString(), mode, rewriter.isAlreadyRewritten(), null, rewriter.sites());
        reporting.write(report, () -> SiteTable.of(report.sites()), () -> RewritePage.of(List.of(report), List.of(), report),
                spec.commandLine().getOut());
        if (rewriter.isAlreadyRewritten()) {
            err.println(model + " is rewritten already; these are the sites of its original.");
        }
        err.println(SiteTable.summary(report.sites()) + " (" + time + ")");
        return ExitCode.DONE.number();
    }
}
