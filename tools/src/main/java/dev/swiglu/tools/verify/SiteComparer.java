package dev.swiglu.tools.verify;

import dev.swiglu.Tensor;
import dev.swiglu.tools.verify.inputs.Sample;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Judges every site of the main graph: each model's value there against the exact value of the inputs that this model
 * gave it, so that errors from elsewhere in the graph do not count.
 */
final class SiteComparer {

    private final List<Site> sites;
    private final Operands operands;
    private final ExactSite exact;

    SiteComparer(List<Site> sites, Operands operands) {
        this.sites = sites;
        this.operands = operands;
        this.exact = new ExactSite(operands);
    }

    /** What has to be captured of a model for {@link #compare}. */
    Set<String> wanted() {
        Set<String> wanted = new LinkedHashSet<>();
        for (Site site : sites) {
            wanted.add(site.output());
            site.inputs().stream().filter(input -> !operands.isWeight(input)).forEach(wanted::add);
        }
        return wanted;
    }

    List<VerificationReport.SiteResult> compare(
            List<Sample> samples, List<Map<String, Tensor>> original, List<Map<String, Tensor>> rewritten) {
        List<VerificationReport.SiteResult> results = new ArrayList<>();
        for (Site site : sites) {
            List<Comparison> comparisons = new ArrayList<>();
            for (int i = 0; i < samples.size(); i++) {
                comparisons.add(compare(site, samples.get(i).name(), original.get(i), rewritten.get(i)));
            }
            results.add(new VerificationReport.SiteResult(
                    site.name(), site.node().getOpType(), Comparison.worst(comparisons)));
        }
        return results;
    }

    private Comparison compare(Site site, String sample, Map<String, Tensor> original, Map<String, Tensor> rewritten) {
        Tensor before = original.get(site.output());
        Tensor after = rewritten.get(site.output());
        if (before.size() != after.size()) {
            return Comparison.impossible(sample, after.type(), "The site makes " + after + ", the original " + before + ".");
        }
        return Comparison.againstExact(sample, after.type(),
                Deviation.of(before.doubles(), exact.value(site, original)),
                Deviation.of(after.doubles(), exact.value(site, rewritten)),
                Agreement.of(before.doubles(), after.doubles()));
    }
}
