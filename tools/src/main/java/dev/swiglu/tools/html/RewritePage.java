package dev.swiglu.tools.html;

import dev.swiglu.tools.rewrite.Report;
import dev.swiglu.tools.rewrite.Site;
import dev.swiglu.tools.rewrite.rule.Action;
import dev.swiglu.tools.verify.VerificationReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code inspect} and {@code rewrite} found in one model or in several, and how the results were verified. */
public final class RewritePage {
    private static final double BAR = 860;

    private RewritePage() {
    }

    /**
     * @param verifications those that {@code rewrite --verify} made; empty without it
     * @param report what the page shows, as data
     */
    public static String of(List<Report> models, List<VerificationReport> verifications, Object report) {
        List<Element> body = new ArrayList<>();
        for (Report model : models) {
            body.add(HtmlTable.facts("model", model.model(), "mode", model.mode(),
                    "written", Optional.ofNullable(model.output()).orElse("nothing")));
            body.add(Element.of("h2", summary(model.counts())));
            if (!model.sites().isEmpty()) {
                body.add(bar(model.counts()));
                body.add(sites(model.sites()));
            }
        }
        verifications.forEach(verification -> body.addAll(VerificationPage.sections(verification)));
        return Page.of(models.size() == 1 ? models.get(0).model() : models.size() + " models", body,
                verifications.isEmpty() ? report : Map.of("rewrite", report, "verifications", verifications));
    }

    private static String summary(Report.Counts counts) {
        return counts.fused() + " fused, " + counts.activation() + " at activation level, " + counts.left() + " left alone";
    }

    private static Element bar(Report.Counts counts) {
        Element svg = Element.of("svg").with("viewBox", "0 0 " + (int) BAR + " 18").with("width", String.valueOf((int) BAR))
                .with("role", "img").with("aria-label", summary(counts));
        double total = counts.fused() + counts.activation() + counts.left();
        double x = piece(svg, "fused", 0, counts.fused() / total);
        x = piece(svg, "activation", x, counts.activation() / total);
        piece(svg, "left", x, counts.left() / total);
        return svg;
    }

    private static double piece(Element svg, String kind, double x, double share) {
        svg.add(Element.of("rect").with("class", kind).with("x", x).with("y", 0).with("width", share * BAR).with("height", 18));
        return x + share * BAR;
    }

    private static Element sites(List<Site> sites) {
        HtmlTable table = new HtmlTable("node", "graph", "form", "activation", "dtype", " K", " N", "action", "operator");
        for (Site site : sites) {
            table.row(site.node(), site.graph(), site.form(), site.activation(), site.dtype(), number(site.k()), number(site.n()),
                    site.action().label(), site.op() == null ? "–" : site.op());
            if (site.reason() != null) {
                table.note("soft", (site.action() == Action.LEFT ? "Left alone: " : "Not fused further: ") + site.reason());
            }
        }
        return table.element();
    }

    private static String number(Long size) {
        return size == null ? "?" : size.toString();
    }
}
