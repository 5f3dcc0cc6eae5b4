package dev.swiglu.tools.verify;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import dev.swiglu.Device;
import dev.swiglu.ModelException;
import dev.swiglu.Tensor;
import dev.swiglu.tools.Progress;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.inputs.Sample;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs models between the original and the rewritten one until it is known which sites make the difference. */
final class Bisector {
    private final ModelFile original;
    private final Hybrid hybrid;
    private final List<Sample> samples;
    private final Device device;
    private final boolean operators;
    private final OutputComparer outputs;
    private final List<Map<String, Tensor>> originalOutputs;
    private final List<Site> sites;
    private final List<Map<String, Tensor>> originalValues;
    private final Progress progress;
    private int runs;

    Bisector(ModelFile original, ModelProto rewritten, List<Sample> samples, Device device, boolean operators,
            OutputComparer outputs, List<Map<String, Tensor>> originalOutputs, Progress progress) {
        this.original = original;
        this.hybrid = new Hybrid(original.proto(), rewritten);
        this.samples = samples;
        this.device = device;
        this.operators = operators;
        this.outputs = outputs;
        this.originalOutputs = originalOutputs;
        this.sites = RewrittenSites.of(new ModelFile(original.path(), rewritten, ByteString.EMPTY)).tapped();
        this.originalValues = sites.isEmpty() ? originalOutputs
                : new Runner(original, device, false).values(samples, comparer(sites).wanted());
        this.progress = progress;
    }

    Bisection bisect() {
        List<List<NodeProto>> causes = Bisection.causes(hybrid.sites(), this::fails);
        return new Bisection(causes.stream().map(cause -> cause.stream().map(Bisector::name).toList()).toList(), runs);
    }

    private static String name(NodeProto node) {
        return node.getName().isEmpty() ? node.getOutput(0) : node.getName();
    }

    /** A model that does not even run fails, too. */
    private boolean fails(List<NodeProto> rewritten) {
        progress.at(++runs, rewritten.size() + " of " + hybrid.sites().size() + " sites rewritten");
        Set<String> made = new LinkedHashSet<>();
        rewritten.forEach(node -> made.addAll(node.getOutputList()));
        SiteComparer comparer = comparer(sites.stream().filter(site -> made.contains(site.output())).toList());
        Set<String> wanted = new LinkedHashSet<>(originalOutputs.get(0).keySet());
        wanted.addAll(comparer.wanted());
        ModelFile model = new ModelFile(original.path(), hybrid.with(rewritten), ByteString.EMPTY);
        try {
            List<Map<String, Tensor>> values = new Runner(model, device, operators).values(samples, wanted);
            return outputs.compare(samples, originalOutputs, values).stream().anyMatch(result -> !result.comparison().passed())
                    || comparer.compare(samples, originalValues, values).stream().anyMatch(result -> !result.comparison().passed());
        } catch (ModelException refused) {
            return true;
        }
    }

    private SiteComparer comparer(List<Site> sites) {
        return new SiteComparer(sites, new Operands(original), device);
    }
}
