package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whatever is put together out of the operators of gated MLPs keeps its outputs when it is rewritten, and can be restored. */
class RandomGraphsTest {
    private static final int GRAPHS = Integer.getInteger("dev.swiglu.graphs", 2000);

    @Test
    void keepTheirOutputs() {
        Map<Action, Integer> actions = new EnumMap<>(Action.class);
        for (long seed = 0; seed < GRAPHS; seed++) {
            for (Site site : check(seed)) {
                actions.merge(site.action(), 1, Integer::sum);
            }
        }
        for (Action action : Action.values()) {
            assertTrue(actions.getOrDefault(action, 0) > GRAPHS / 10, "too few to prove anything: " + actions);
        }
    }

    private static List<Site> check(long seed) {
        ModelProto graph = RandomGraph.of(seed).build();
        try {
            return BeforeAndAfter.check(graph);
        } catch (AssertionError | RuntimeException failed) {
            throw new AssertionError("seed " + seed + ": " + failed.getMessage() + "\n" + text(graph), failed);
        }
    }

    private static String text(ModelProto model) {
        StringBuilder text = new StringBuilder();
        model.getGraph().getNodeList().forEach(node -> text.append(String.join(", ", node.getOutputList())).append(" = ")
                .append(node.getOpType()).append(node.getInputList()).append('\n'));
        return text.toString();
    }
}
