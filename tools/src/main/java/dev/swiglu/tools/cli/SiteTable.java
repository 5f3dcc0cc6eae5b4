package dev.swiglu.tools.cli;

import dev.swiglu.tools.rewrite.Report;
import dev.swiglu.tools.rewrite.Site;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.List;

/** The sites of a model as people read them. */
final class SiteTable {
    private SiteTable() {
    }

    /** Empty where there is no site. */
    static String of(List<Site> sites) {
        if (sites.isEmpty()) {
            return "";
        }
        Table table = new Table("node", "form", "activation", "dtype", " K", " N", "action", "operator");
        boolean nested = sites.stream().map(Site::graph).distinct().count() > 1;
        for (Site site : sites) {
            table.row(nested ? site.graph() + ": " + site.node() : site.node(), site.form(), site.activation(), site.dtype(),
                    number(site.k()), number(site.n()), site.action().label(), site.op() == null ? "-" : site.op());
            if (site.reason() != null) {
                table.note((site.action() == Action.LEFT ? "left alone: " : "not fused further: ") + site.reason());
            }
        }
        return table.toString();
    }

    /** One line that says how many sites there are and what becomes of them. */
    static String summary(List<Site> sites) {
        Report.Counts counts = Report.Counts.of(sites);
        return sites.size() + (sites.size() == 1 ? " gated MLP: " : " gated MLPs: ") + counts.fused() + " fused, "
                + counts.activation() + " at activation level, " + counts.left() + " left alone";
    }

    private static String number(Long size) {
        return size == null ? "?" : size.toString();
    }
}
