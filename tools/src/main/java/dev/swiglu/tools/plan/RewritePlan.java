package dev.swiglu.tools.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.rewrite.Selection;
import dev.swiglu.tools.rewrite.Site;
import dev.swiglu.tools.rewrite.rule.Action;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What becomes of each site of one model, as a file that people edit between two runs of {@code rewrite}: a site taken
 * out, or its action changed, and nothing else is rewritten. Operator, form and reason are for the reader.
 *
 * @param sha256 of the file that the plan was made for; a plan fits no other
 */
public record RewritePlan(int schema, String model, String sha256, List<PlannedSite> sites) {
    private static final int SCHEMA = 1;

    /** A graph and a value that it makes are a place that no other site has. */
    public record PlannedSite(String node, String graph, String output, Action action,
            @JsonInclude(JsonInclude.Include.NON_NULL) String op, String form,
            @JsonInclude(JsonInclude.Include.NON_NULL) String reason) {

        private List<String> place() {
            return List.of(graph, output);
        }
    }

    public static RewritePlan of(ModelFile source, List<Site> sites) {
        return new RewritePlan(SCHEMA, source.path().toString(), source.sha256(), sites.stream().map(site -> new PlannedSite(
                site.node(), site.graph(), site.output(), site.action(), site.op(), site.form(), site.reason())).toList());
    }

    public static RewritePlan read(Path file) {
        try {
            RewritePlan plan = new ObjectMapper().readValue(file.toFile(), RewritePlan.class);
            plan.requireComplete(file);
            return plan;
        } catch (JacksonException e) {
            throw new ToolException(ExitCode.USAGE, file + " is not a rewrite plan: " + e.getOriginalMessage()
                    + (e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")") + ".", e);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, file + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** Exactly what the plan says, as far as the rules allow. */
    public Selection selection(ModelFile source) {
        if (!source.sha256().equals(sha256)) {
            throw new ToolException(ExitCode.USAGE, "The plan was made for another file than " + source.path()
                    + ": the checksums differ. Make it anew with --dry-run --plan.");
        }
        Map<List<String>, Action> actions = new HashMap<>();
        for (PlannedSite site : sites) {
            if (actions.put(site.place(), site.action()) != null) {
                throw new ToolException(ExitCode.USAGE, "The plan names '" + site.node() + "' twice; keep one of the two.");
            }
        }
        return (graph, output, action) -> actions.get(List.of(graph, output)) == action;
    }

    /** @param found every site of the model, with what becomes of it */
    public void requireFollowed(List<Site> found) {
        Map<List<String>, Site> places = new HashMap<>();
        found.forEach(site -> places.put(List.of(site.graph(), site.output()), site));
        for (PlannedSite wanted : sites) {
            Site site = places.get(wanted.place());
            if (site == null) {
                throw new ToolException(ExitCode.USAGE, "The plan names '" + wanted.node() + "', which makes '" + wanted.output()
                        + "' in " + wanted.graph() + "; the model has no gated MLP there.");
            }
            if (site.action() != wanted.action()) {
                throw new ToolException(ExitCode.USAGE, "The plan wants '" + wanted.node() + "' to be " + wanted.action().label()
                        + ", which cannot be done: " + site.reason());
            }
        }
    }

    private void requireComplete(Path file) {
        boolean complete = schema == SCHEMA && sha256 != null && sites != null && sites.stream().allMatch(site -> site != null
                && site.graph() != null && site.output() != null && site.action() != null);
        if (!complete) {
            throw new ToolException(ExitCode.USAGE, file
                    + " is not a rewrite plan: each site needs graph, output and action, the plan schema 1 and a sha256.");
        }
    }
}
