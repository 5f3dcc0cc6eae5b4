package dev.swiglu.tools.verify;

import dev.swiglu.Tensor;
import dev.swiglu.tools.verify.Operands.Operand;
import dev.swiglu.tools.verify.exact.Float64Reference;
import dev.swiglu.tools.verify.exact.Projection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Hands a site's captured inputs and its weights to the {@link Float64Reference}. */
final class ExactSite {

    private final Operands operands;

    ExactSite(Operands operands) {
        this.operands = operands;
    }

    /** The site's exact value in each of several runs. */
    List<double[]> values(Site site, List<Map<String, Tensor>> runs) {
        if (site instanceof Site.Fused fused) {
            boolean stored = fused.inputs().stream().skip(1).allMatch(operands::isWeight);
            return stored ? together(fused, runs)
                    : runs.stream().flatMap(run -> together(fused, List.of(run)).stream()).toList();
        }
        return runs.stream().map(run -> elementwise(site, run)).toList();
    }

    private double[] elementwise(Site site, Map<String, Tensor> captured) {
        Operand first = operands.of(site.inputs().get(0), captured);
        if (site instanceof Site.Packed packed) {
            return Float64Reference.packed(first.all(), Math.toIntExact(first.last()), packed.layout(), packed.unit());
        }
        return Float64Reference.elementwise(first.all(), operands.of(site.inputs().get(1), captured).all(), site.unit());
    }

    /** The rows of all runs in one pass over the weights, which takes nearly all of the time. */
    private List<double[]> together(Site.Fused site, List<Map<String, Tensor>> runs) {
        Map<String, Tensor> captured = runs.get(0);
        Projection gate = projection(site, site.gateWeights(), site.gateBias(), captured);
        Projection up = projection(site, site.upWeights(), site.upBias(), captured);
        List<Operand> inputs = runs.stream().map(run -> operands.of(site.x(), run)).toList();
        double[] x = inputs.stream().flatMapToDouble(input -> Arrays.stream(input.all())).toArray();
        int rows = inputs.stream().mapToInt(Operand::rows).sum();
        double[] all = Float64Reference.fused(x, rows, gate, up, site.unit());
        List<double[]> values = new ArrayList<>();
        int start = 0;
        for (Operand input : inputs) {
            int end = start + input.rows() * gate.columns();
            values.add(Arrays.copyOfRange(all, start, end));
            start = end;
        }
        return values;
    }

    private Projection projection(Site.Fused site, String weights, String bias, Map<String, Tensor> captured) {
        Operand matrix = operands.of(weights, captured);
        int rows = Math.toIntExact(matrix.shape()[0]);
        int columns = Math.toIntExact(matrix.shape()[1]);
        double[] added = bias.isEmpty() ? null : operands.of(bias, captured).all();
        return site.transposed()
                ? new Projection(matrix.values(), columns, rows, true, added)
                : new Projection(matrix.values(), rows, columns, false, added);
    }
}
