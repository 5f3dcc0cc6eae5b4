package dev.swiglu.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    private static final double[] EXACT = {1, -2, 3, 4};

    @Test
    void oneFailedSampleStandsForAll() {
        Comparison failed = Comparison.impossible("decode", TensorType.FLOAT32, "missing");
        assertEquals(failed, Comparison.worst(List.of(near("prefill"), failed, far("long prefill"))));
    }

    @Test
    void amongPassedSamplesTheOneNearestToItsBoundStandsForAll() {
        assertEquals("far", Comparison.worst(List.of(near("near"), far("far"), near("near too"))).sample());
    }

    @Test
    void integersPassOnlyWhenTheyAreEqual() {
        assertTrue(integers(new double[] {1, 2}).passed());
        assertFalse(integers(new double[] {1, 3}).passed());
    }

    private static Comparison integers(double[] rewritten) {
        return Comparison.ofIntegers("s", TensorType.INT64, Agreement.of(new double[] {1, 2}, rewritten));
    }

    private static Comparison near(String sample) {
        return withError(sample, 0x1p-26);
    }

    private static Comparison far(String sample) {
        return withError(sample, 0x1p-25);
    }

    private static Comparison withError(String sample, double error) {
        double[] rewritten = {1 + error, -2 * (1 + error), 3 * (1 + error), 4 * (1 + error)};
        return Comparison.againstExact(sample, TensorType.FLOAT32, Precision.FLOAT32, Deviation.of(EXACT, EXACT),
                Deviation.of(rewritten, EXACT), Agreement.of(EXACT, rewritten));
    }
}
