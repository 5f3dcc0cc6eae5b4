package dev.swiglu.tools.rewrite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.ToolException;
import org.junit.jupiter.api.Test;

/** The work that a model makes is bounded, and models that make sense stay far below the bound. */
class EffortTest {
    @Test
    void activationsOfActivationsAreRefused() {
        ModelBuilder model = new ModelBuilder().input("y0", 2, 8);
        for (int i = 0; i < 2000; i++) {
            model.silu("y" + i, "y" + (i + 1));
        }
        ToolException refusal = assertThrows(ToolException.class, () -> sites(model.output("y2000")));
        assertEquals(ExitCode.REFUSED, refusal.exitCode());
        assertTrue(refusal.getMessage().contains("takes more than 500000 steps"), refusal.getMessage());
    }

    @Test
    void aThousandExpertsAreNot() {
        ModelBuilder model = ModelBuilder.projections();
        for (int i = 0; i < 1000; i++) {
            model.node("MatMul", "g" + i, "X", "Wg").silu("g" + i, "a" + i).node("Mul", "Y" + i, "a" + i, "u");
        }
        assertEquals(1000, sites(model.output("Y999")));
    }

    private static int sites(ModelBuilder model) {
        return Rewriter.of(model.file(), Mode.AUTO).sites().size();
    }
}
