package dev.swiglu.tools.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.publish.Publication;
import dev.swiglu.tools.publish.PublicationCheck;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Report;
import dev.swiglu.tools.rewrite.Rewriter;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code rewrite IN OUT}: fuses the gated MLPs of a model. */
@Command(name = "rewrite", mixinStandardHelpOptions = true, versionProvider = Version.class,
        description = "Fuses the gated MLPs of a model. The input is never changed; weights are not touched.")
public final class RewriteCommand implements Callable<Integer> {
    private final PublicationCheck verification;

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

    @Mixin
    private ReportOptions reporting;

    @Spec
    private CommandSpec spec;

    /** @param verification what {@code --verify} runs */
    public RewriteCommand(PublicationCheck verification) {
        this.verification = verification;
    }

    @Override
    public Integer call() {
        if (dryRun && verify) {
            throw new ParameterException(spec.commandLine(),
                    "--dry-run writes no model that --verify could compare; leave one of them out");
        }
        Path input = files.input();
        reporting.requireWritable(spec, input, files.target());
        PrintWriter err = spec.commandLine().getErr();
        Stopwatch time = Stopwatch.start();
        Publication publication = files.publication(verify ? verification : PublicationCheck.NONE, err::println);
        ModelFile source = ModelFile.read(input);
        reporting.requireNotDataOf(spec, source, input, files.target());
        if (!dryRun) {
            publication.requireWritable(source);
        }
        Rewriter rewriter = Rewriter.of(source, mode);
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
        err.println(writes ? "Written: " + publication.target() : "Dry run: no file was written.");
        return ExitCode.DONE.number();
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
        reporting.write(Report.of(files.input().toString(), mode, rewriter.isAlreadyRewritten(),
                output == null ? null : output.toString(), rewriter.sites()), spec.commandLine().getOut());
    }
}
