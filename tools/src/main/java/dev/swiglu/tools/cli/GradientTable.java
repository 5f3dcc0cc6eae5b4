package dev.swiglu.tools.cli;

import dev.swiglu.tools.gradient.GradientReport;
import dev.swiglu.tools.gradient.Training;

/** What a gradient graph gives, as people read it. */
final class GradientTable {
    private GradientTable() {
    }

    static String of(GradientReport report) {
        Table table = new Table("gradient of " + report.of() + " by", "kind", "dtype", "shape", "output");
        for (GradientReport.Gradient gradient : report.gradients()) {
            table.row(gradient.name(), gradient.kind(), gradient.dtype(), gradient.shape(),
                    gradient.output() == null ? next(report.training(), gradient.name()) : gradient.output());
        }
        return table.toString();
    }

    private static String next(Training training, String weight) {
        return training.state().stream().filter(state -> state.input().equals(weight)).findFirst().orElseThrow().next();
    }
}
