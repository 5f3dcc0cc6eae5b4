package dev.swiglu.tools.verify;

import dev.swiglu.Tensor;
import dev.swiglu.tools.verify.Operands.Operand;
import dev.swiglu.tools.verify.exact.Float64Reference;
import dev.swiglu.tools.verify.exact.Projection;
import java.util.Map;

/** Hands a site's captured inputs and its weights to the {@link Float64Reference}. */
final class ExactSite {

    private final Operands operands;

    ExactSite(Operands operands) {
        this.operands = operands;
    }

    double[] value(Site site, Map<String, Tensor> captured) {
        if (site instanceof Site.Fused fused) {
            Operand x = operands.of(fused.x(), captured);
            int inner = Math.toIntExact(x.last());
            int rows = inner == 0 ? 0 : x.size() / inner;
            Projection gate = projection(fused, fused.gateWeights(), fused.gateBias(), captured);
            Projection up = projection(fused, fused.upWeights(), fused.upBias(), captured);
            return Float64Reference.fused(x.all(), rows, gate, up, fused.unit());
        }
        Operand first = operands.of(site.inputs().get(0), captured);
        if (site instanceof Site.Packed packed) {
            return Float64Reference.packed(first.all(), Math.toIntExact(first.last()), packed.layout(), packed.unit());
        }
        return Float64Reference.elementwise(first.all(), operands.of(site.inputs().get(1), captured).all(), site.unit());
    }

    private Projection projection(Site.Fused site, String weights, String bias, Map<String, Tensor> captured) {
        Operand stored = operands.of(weights, captured);
        int rows = Math.toIntExact(stored.shape()[0]);
        int columns = Math.toIntExact(stored.shape()[1]);
        double[] added = bias.isEmpty() ? null : operands.of(bias, captured).all();
        return site.transposed()
                ? new Projection(stored.values(), columns, rows, true, added)
                : new Projection(stored.values(), rows, columns, false, added);
    }
}
