package dev.swiglu.tools.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.folder.FolderPublication;
import dev.swiglu.tools.folder.FolderReport;
import dev.swiglu.tools.folder.ModelFolder;
import dev.swiglu.tools.html.RewritePage;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.publish.PublicationCheck;
import dev.swiglu.tools.rewrite.Mode;
import dev.swiglu.tools.rewrite.Report;
import dev.swiglu.tools.rewrite.Rewriter;
import dev.swiglu.tools.rewrite.Site;
import dev.swiglu.tools.verify.VerificationReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/**
 * {@code rewrite IN_FOLDER OUT_FOLDER}.
 *
 * @param verifications filled by {@code check}
 */
record FolderRewrite(FromTo files, Mode mode, PublicationCheck check, List<VerificationReport> verifications,
        PageOptions reporting, CommandSpec spec) {

    ExitCode run(boolean dryRun) {
        PrintWriter err = spec.commandLine().getErr();
        Stopwatch time = Stopwatch.start();
        ModelFolder folder = ModelFolder.read(files.input());
        reporting.requireWritable(spec, folder.files().stream().map(folder::file).toArray(Path[]::new));
        FolderPublication publication = files.folderPublication(folder, check, err::println);
        if (!dryRun) {
            publication.requireWritable();
        }
        Map<Path, Rewriter> rewriters = new LinkedHashMap<>();
        Map<Path, ModelProto> results = new LinkedHashMap<>();
        try (Progress progress = Progress.onTerminal(err, "Reading", folder.models().size())) {
            for (Path model : folder.models()) {
                Rewriter rewriter = Rewriter.of(ModelFile.read(folder.file(model)), mode);
                rewriters.put(model, rewriter);
                rewriter.result(Version.current()).ifPresent(result -> results.put(model, result));
                progress.at(rewriters.size(), model.toString());
            }
        }
        boolean writes = !results.isEmpty() && !dryRun;
        if (writes) {
            publish(publication, results, rewriters);
        }
        report(rewriters, writes ? results : Map.of());
        List<Site> sites = rewriters.values().stream().flatMap(rewriter -> rewriter.sites().stream()).toList();
        String models = rewriters.size() + (rewriters.size() == 1 ? " model, " : " models, ");
        err.println(models + SiteTable.summary(sites) + " (" + time + ")");
        if (results.isEmpty()) {
            err.println("Nothing to rewrite in " + files.input() + ". No folder was written.");
            return ExitCode.NOTHING_TO_REWRITE;
        }
        err.println(writes ? "Written: " + files.target() : "Dry run: no folder was written.");
        return ExitCode.DONE;
    }

    /** What was rewritten helps to find out why it is not accurate, so the report is written then, too. */
    private void publish(FolderPublication publication, Map<Path, ModelProto> results, Map<Path, Rewriter> rewriters) {
        int steps = publication.source().files().size();
        try (Progress progress = Progress.onTerminal(spec.commandLine().getErr(), "Writing", steps)) {
            publication.publishRewritten(results, progress);
        } catch (ToolException failure) {
            if (failure.exitCode() == ExitCode.INACCURATE) {
                report(rewriters, Map.of());
            }
            throw failure;
        }
    }

    /** @param written the models that were rewritten */
    private void report(Map<Path, Rewriter> rewriters, Map<Path, ModelProto> written) {
        List<Report> models = new ArrayList<>();
        rewriters.forEach((model, rewriter) -> models.add(Report.of(files.input().resolve(model).toString(), mode,
                rewriter.isAlreadyRewritten(), written.containsKey(model) ? files.target().resolve(model).toString() : null,
                rewriter.sites())));
        String output = written.isEmpty() ? null : files.target().toString();
        FolderReport report = FolderReport.of(files.input().toString(), output, models);
        reporting.write(report, () -> table(models), () -> RewritePage.of(models, verifications, report),
                spec.commandLine().getOut());
    }

    private static String table(List<Report> models) {
        StringBuilder tables = new StringBuilder();
        models.forEach(model -> tables.append(model.model()).append(":\n").append(SiteTable.of(model.sites())));
        return tables.toString();
    }
}
