package dev.swiglu.tools.verify;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.swiglu.tools.onnx.GraphIndex;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.onnx.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where a rewritten model uses our forward operators.
 *
 * @param tapped sites of the main graph, whose values can be made graph outputs
 * @param nested names of the sites in bodies of If, Loop and Scan and in functions; only the model's outputs can judge those
 */
public record RewrittenSites(List<Site> tapped, List<String> nested) {

    private static final String DOMAIN = "dev.swiglu";
    private static final Set<String> FORWARD = Set.of("FusedSwiGLU", "SwiGLU");

    public static RewrittenSites of(ModelFile model) {
        GraphIndex index = GraphIndex.of(model.proto(), model.path());
        List<String> nested = new ArrayList<>();
        index.scopes().stream().filter(scope -> scope != index.main()).flatMap(RewrittenSites::nodes)
                .forEach(node -> nested.add(Site.of(node).name()));
        return new RewrittenSites(nodes(index.main()).map(Site::of).toList(), List.copyOf(nested));
    }

    private static Stream<NodeProto> nodes(Scope scope) {
        return scope.graph().getNodeList().stream()
                .filter(node -> node.getDomain().equals(DOMAIN) && FORWARD.contains(node.getOpType()));
    }
}
