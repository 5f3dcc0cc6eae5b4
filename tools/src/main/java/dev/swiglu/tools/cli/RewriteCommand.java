package dev.swiglu.tools.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Json;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.html.RewritePage;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.plan.RewritePlan;
import dev.swiglu.tools.publish.Publication;
import dev.swiglu.tools.publish.PublicationCheck;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Report;
import dev.swiglu.tools.rewrite.Rewriter;
import dev.swiglu.tools.verify.VerificationReport;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code rewrite IN OUT}: fuses the gated MLPs of a model, or of the models of a folder. */
@Command(name = "rewrite", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = "Fuses the gated MLPs of a model, or of every model in a folder."
                + " The input is never changed; weights are not touched.")
public final class RewriteCommand implements Callable<Integer> {
    private final Function<Consumer<VerificationReport>, PublicationCheck> verification;

    @Mixin
    private FromTo files;

    @Option(names = "--mode", paramLabel = "MODE", defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}): fused takes projections and activation into one"
                    + " node, activation leaves the projections, auto does the first where it can.")
    private Mode mode;

    @Option(names = "--verify", description = "Compare the models before the output appears; if they differ, it does not.")
    private boolean verify;

    @Option(names = "--dry-run", description = "Show what would be done and write nothing but the report.")
    private boolean dryRun;

    @Option(names = "--plan", paramLabel = "FILE",
            description = "With --dry-run: write the plan to FILE, to be edited. Without: do exactly what the plan in FILE says.")
    private Path plan;

    @Mixin
    private PageOptions reporting;

    @Spec
    private CommandSpec spec;

    private final List<VerificationReport> verifications = new ArrayList<>();

    /** @param verification what {@code --verify} runs, telling each of its reports */
    public RewriteCommand(Function<Consumer<VerificationReport>, PublicationCheck> verification) {
        this.verification = verification;
    }

    @Override
    public Integer call() {
        if (dryRun && verify) {
            throw new ParameterException(spec.commandLine(),
                    "--dry-run writes no model that --verify could compare; leave one of them out");
        }
        if (plan != null && !dryRun && spec.commandLine().getParseResult().hasMatchedOption("--mode")) {
            throw new ParameterException(spec.commandLine(), "the plan says what becomes of each site; leave out --mode");
        }
        Path input = files.input();
        if (Files.isDirectory(input)) {
            if (plan != null) {
                throw new ParameterException(spec.commandLine(), "--plan is for one model; name the .onnx file in the folder");
            }
            return new FolderRewrite(files, mode, check(), verifications, reporting, spec).run(dryRun).number();
        }
        reporting.requireWritable(spec, input, files.target(), plan);
        PrintWriter err = spec.commandLine().getErr();
        Stopwatch time = Stopwatch.start();
        Publication publication = files.publication(check(), err::println);
        ModelFile source = ModelFile.read(input);
        reporting.requireNotDataOf(spec, source, input, files.target());
        if (!dryRun) {
            publication.requireWritable(source);
        }
        Rewriter rewriter = plan == null || dryRun ? Rewriter.of(source, mode) : planned(source);
        if (plan != null && dryRun) {
            writePlan(source, rewriter);
        }
        Optional<ModelProto> result = rewriter.unsealed(Version.current());
        boolean writes = result.isPresent() && !dryRun;
        if (writes) {
            publish(publication, source, result.get(), rewriter);
        }
        report(rewriter, writes ? publication.target() : null);
        err.println(SiteTable.summary(rewriter.sites()) + " (" + time + ")");
        if (result.isEmpty()) {
            err.println(rewriter.isAlreadyRewritten()
                    ? "Nothing to rewrite: " + input + " is rewritten already. No file was written."
                    : "Nothing to rewrite in " + input + ". No file was written.");
            return ExitCode.NOTHING_TO_REWRITE.number();
        }
        err.println(writes ? "Written: " + publication.target() : "Dry run: no model was written.");
        return ExitCode.DONE.number();
    }

    private PublicationCheck check() {
        return verify ? verification.apply(this::tell) : PublicationCheck.NONE;
    }

    private void tell(VerificationReport report) {
        verifications.add(report);
        spec.commandLine().getErr().print(VerificationTable.of(report));
        spec.commandLine().getErr().flush();
    }

    private Rewriter planned(ModelFile source) {
        RewritePlan wanted = RewritePlan.read(plan);
        Rewriter rewriter = Rewriter.of(source, Mode.AUTO, wanted.selection(source));
        wanted.requireFollowed(rewriter.sites());
        return rewriter;
    }

    private void writePlan(ModelFile source, Rewriter rewriter) {
        ReportFile file = new ReportFile("--plan", plan);
        file.requireOther(spec, files.input());
        file.requireNotDataOf(spec, source, files.input());
        file.requireWritable();
        file.write(Json.of(RewritePlan.of(source, rewriter.sites())) + "\n");
    }

    /** What was rewritten helps to find out why it is not accurate, so the report is written then, too. */
    private void publish(Publication publication, ModelFile source, ModelProto result, Rewriter rewriter) {
        try {
            publication.publish(source, result, rewriter::seal);
        } catch (ToolException failure) {
            if (failure.exitCode() == ExitCode.INACCURATE) {
                report(rewriter, null);
            }
            throw failure;
        }
    }

    /** @param output the model that was written, or null */
    private void report(Rewriter rewriter, Path output) {
        Report report = Report.of(files.input().toString(), mode, rewriter.isAlreadyRewritten(),
                output == null ? null : output.toString(), rewriter.sites());
        reporting.write(report, () -> SiteTable.of(report.sites()), () -> RewritePage.of(List.of(report), verifications, report),
                spec.commandLine().getOut());
    }
}
