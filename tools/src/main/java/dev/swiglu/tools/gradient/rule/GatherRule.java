package dev.swiglu.tools.gradient.rule;

import dev.swiglu.tools.gradient.Backward;
import dev.swiglu.tools.gradient.FirstInputRule;
import dev.swiglu.tools.onnx.Attributes;
import dev.swiglu.tools.onnx.ElementType;
import dev.swiglu.tools.portable.GraphWriter;
import java.util.List;

/**
 * Y = rows of X chosen by indices (an embedding): dX = onehot(indices)ᵀ·dY, a row that is chosen twice getting the sum. A
 * product is the same bits from run to run, which ONNX Runtime's ScatterND with addition is not on a GPU; the matrix of zeros
 * and ones has one row for each row of X and one column for each index.
 */
public final class GatherRule implements FirstInputRule {

    @Override
    public void differentiate(Backward backward) {
        if (Attributes.integer(backward.node().node(), "axis", 0) != 0) {
            throw backward.refusal("only Gather along axis 0 has a rule");
        }
        GraphWriter write = backward.write();
        String shape = write.shape(backward.input(0));
        String count = write.add("Gather", shape, write.integer(0));
        String rows = write.add("Range", write.integer(0), count, write.integer(1));
        String places = write.cast(write.reshaped(backward.input(1), write.integers(-1)), ElementType.INT64);
        String indices = write.add("Mod", places, count);
        String chosen = write.cast(write.add("Equal", write.unsqueezed(rows, 1), write.unsqueezed(indices, 0)),
                backward.element(backward.input(0)));
        String pairs = write.add("Concat", List.of(write.shape(indices), write.integers(-1)), Attributes.of("axis", 0));
        String product = write.add("MatMul", chosen, write.reshaped(backward.upstream(), pairs));
        backward.give(0, write.reshaped(product, shape));
    }
}
