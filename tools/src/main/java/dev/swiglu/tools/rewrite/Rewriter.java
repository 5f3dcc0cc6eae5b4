package dev.swiglu.tools.rewrite;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.swiglu.SessionBuilder;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.rewrite.pattern.ModelView;
import dev.swiglu.tools.rewrite.rule.Replacement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Rewrites one model. A model that was rewritten before is restored first, in memory, and rewritten anew: so rewriting it
 * again changes nothing, and another mode or a newer tool gives what it would have given on the original.
 */
public final class Rewriter {
    /** How the metadata name the operator set among the things that a rewrite added. */
    static final String OPSET = "opset_import";

    private final ModelFile source;
    private final Optional<Restoration> restoration;
    private final ModelProto original;
    private final ModelView view;
    private final Plan plan;

    private Rewriter(ModelFile source, Mode mode, Selection selection) {
        this.source = source;
        this.restoration = Restoration.of(source.proto());
        this.original = restoration.map(Restoration::model).orElse(source.proto());
        this.view = ModelView.of(original, source.path());
        this.plan = Plan.of(view, mode, selection);
    }

    public static Rewriter of(ModelFile source, Mode mode) {
        return of(source, mode, Selection.ALL);
    }

    public static Rewriter of(ModelFile source, Mode mode, Selection selection) {
        return new Rewriter(source, mode, selection);
    }

    /** Every gated MLP of the model, or of its original where it was rewritten before. */
    public List<Site> sites() {
        return plan.sites();
    }

    public boolean isAlreadyRewritten() {
        return restoration.isPresent();
    }

    /** The rewritten model; empty when there is nothing to rewrite. */
    public Optional<ModelProto> result(String toolVersion) {
        return unsealed(toolVersion).map(result -> result.toBuilder().mergeFrom(seal()).build());
    }

    /** What {@link #unsealed} lacks: the checksum of the source, which takes long to find out where that is large. */
    public ModelProto seal() {
        return ModelProto.newBuilder().addMetadataProps(Provenance.entry(Provenance.SOURCE_SHA256,
                restoration.map(Restoration::sourceSha256).orElseGet(source::sha256))).build();
    }

    /** The rewritten model but for its {@link #seal}; empty when there is nothing to rewrite. */
    public Optional<ModelProto> unsealed(String toolVersion) {
        if (plan.rewrites().isEmpty()) {
            return Optional.empty();
        }
        ModelProto result = rewritten(toolVersion);
        boolean same = result.getGraph().equals(source.proto().getGraph())
                && result.getFunctionsList().equals(source.proto().getFunctionsList());
        return same ? Optional.empty() : Optional.of(result);
    }

    private ModelProto rewritten(String toolVersion) {
        ModelProto.Builder result = original.toBuilder();
        result.clearFunctions().addAllFunctions(GraphEditor.functions(view.index(), plan.rewrites()));
        List<String> added = new ArrayList<>();
        if (!importsOperators(original.getOpsetImportList())) {
            result.addOpsetImport(operators());
            added.add(OPSET);
        }
        for (FunctionProto function : PortableFunctions.missing(original, plan.rewrites())) {
            result.addFunctions(function);
            added.add(function.getName());
        }
        result.setGraph(GraphEditor.apply(original.getGraph(), plan.rewrites()));
        if (servedBestByOwnMatMul()) {
            result.addMetadataProps(Provenance.entry(SessionBuilder.CPU_FUSION, "function"));
        }
        return result
                .addMetadataProps(Provenance.entry(Provenance.TOOL, "swiglu-ort " + toolVersion))
                .addMetadataProps(Provenance.entry(Provenance.SITES, String.valueOf(plan.rewrites().size())))
                .addMetadataProps(Provenance.entry(Provenance.RESULT_DIGEST, StructureDigest.of(result)))
                .addMetadataProps(Provenance.entry(Provenance.ADDED, String.join(",", added)))
                .build();
    }

    static boolean importsOperators(List<OperatorSetIdProto> imports) {
        return imports.stream().anyMatch(opset -> opset.getDomain().equals(Replacement.DOMAIN));
    }

    /** The operator set that a graph or a function with our operators imports. */
    static OperatorSetIdProto operators() {
        return OperatorSetIdProto.newBuilder().setDomain(Replacement.DOMAIN).setVersion(Replacement.DOMAIN_VERSION).build();
    }

    /** ONNX Runtime's CPU provider packs the weights of its own float32 MatMul once; of other types it has no MatMul. */
    private boolean servedBestByOwnMatMul() {
        return plan.rewrites().stream().allMatch(rewrite -> rewrite.element() == ElementType.FLOAT32);
    }
}
