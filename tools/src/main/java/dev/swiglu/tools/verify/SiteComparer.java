package dev.swiglu.tools.verify;

import dev.swiglu.Device;
import dev.swiglu.Tensor;
import dev.swiglu.tools.verify.inputs.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Judges every site of the main graph: each model's value there against the exact value of the inputs that this model
 * gave it, so that errors from elsewhere in the graph do not count.
 */
final class SiteComparer {

    private final List<Site> sites;
    private final Operands operands;
    private final ExactSite exact;
    private final Device device;

    SiteComparer(List<Site> sites, Operands operands, Device device) {
        this.sites = sites;
        this.operands = operands;
        this.exact = new ExactSite(operands);
        this.device = device;
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
        return sites.stream().map(site -> new VerificationReport.SiteResult(
                site.name(), site.node().getOpType(), compare(site, samples, original, rewritten))).toList();
    }

    private Comparison compare(
            Site site, List<Sample> samples, List<Map<String, Tensor>> original, List<Map<String, Tensor>> rewritten) {
        List<double[]> exact = this.exact.values(site, Stream.concat(original.stream(), rewritten.stream()).toList());
        List<Comparison> comparisons = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            String sample = samples.get(i).name();
            Tensor before = original.get(i).get(site.output());
            Tensor after = rewritten.get(i).get(site.output());
            boolean comparable = after.type() == before.type() && Arrays.equals(after.shape(), before.shape())
                    && exact.get(i).length == before.size();
            boolean idle = comparable && before.size() == 0;
            comparisons.add(idle ? Comparison.idle(sample, after.type()) : comparable
                    ? compare(sample, before, after, exact.get(i), exact.get(samples.size() + i))
                    : Comparison.impossible(sample, after.type(), "The site makes " + after + ", the original "
                            + before + ", and its formula " + exact.get(i).length + " values."));
        }
        return Comparison.worst(comparisons);
    }

    private Comparison compare(
            String sample, Tensor original, Tensor rewritten, double[] exactOfOriginal, double[] exactOfRewritten) {
        double[] before = original.doubles();
        double[] after = rewritten.doubles();
        return Comparison.againstExact(sample, rewritten.type(), Precision.of(rewritten.type(), device),
                Deviation.of(before, exactOfOriginal), Deviation.of(after, exactOfRewritten), Agreement.of(before, after));
    }
}
