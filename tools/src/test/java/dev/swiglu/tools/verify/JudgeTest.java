package dev.swiglu.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class JudgeTest {

    private static final double[] EXACT = {1, -2, 3, 4};

    @Test
    void twiceTheOriginalsErrorPassesAndMoreDoesNot() {
        double step = 1e-4;
        assertTrue(judge(off(step), off(2 * step)).passed());
        Verdict worse = judge(off(step), off(2.1 * step));
        assertFalse(worse.passed());
        assertTrue(worse.reason().contains("exceeds"), worse.reason());
    }

    @Test
    void theFloorForgivesOneRoundingWhereTheOriginalIsExact() {
        double floor = Precision.FLOAT32.floor(EXACT.length);
        assertTrue(judge(EXACT, off(0.9 * floor)).passed());
        assertFalse(judge(EXACT, off(1.1 * floor)).passed());
    }

    @Test
    void errorIsRelativeToTheNormOfTheExactValues() {
        assertEquals(0.1, Deviation.of(new double[] {3.3, 4.4}, new double[] {3, 4}).error(), 1e-15);
    }

    /** Squares that overflow make the error Inf/Inf, which is NaN and must not pass as "not greater". */
    @Test
    void anErrorThatIsNotANumberFails() {
        double[] exact = {1e200, -2e200};
        assertTrue(Double.isNaN(Deviation.of(new double[] {2e200, -2e200}, exact).error()));
        assertFails("exceeds", judge(exact, new double[] {2e200, -2e200}, exact));
    }

    @Test
    void nanThatTheOriginalDoesNotHaveFails() {
        assertFails("other positions", judge(EXACT, new double[] {1, Double.NaN, 3, 4}));
    }

    @Test
    void infinityOfTheOtherSignFails() {
        double up = Double.POSITIVE_INFINITY;
        assertFails("other positions", judge(new double[] {1, up, 3, 4}, new double[] {1, -up, 3, 4}));
    }

    @Test
    void overflowThatBothShareIsJudgedOnTheRest() {
        double[] overflowing = {1, Double.POSITIVE_INFINITY, 3, 4};
        assertTrue(judge(overflowing, overflowing).passed());
    }

    @Test
    void nanEverywhereProvesNothing() {
        double[] nan = {Double.NaN, Double.NaN};
        assertFails("no position", judge(nan, nan, new double[] {1, 2}));
        assertFails("no position", judge(new double[] {1, 2}, new double[] {1, 2}, nan));
    }

    @Test
    void nothingComparedProvesNothing() {
        double[] none = {};
        assertFails("no position", judge(none, none, none));
    }

    @Test
    void zeroEverywhereProvesNothing() {
        double[] zeros = {0, -0.0, 0};
        assertFails("zero everywhere", judge(zeros, zeros, zeros));
    }

    @Test
    void oneValueEverywhereProvesNothing() {
        double[] constant = {3, 3, 3};
        assertFails("same everywhere", judge(constant, constant, constant));
    }

    @Test
    void aReferenceThatTheOriginalDoesNotMeetIsRefused() {
        assertFails("not that of the original", judge(new double[] {2, -4, 6, 8}, EXACT));
    }

    @Test
    void withoutAReferenceTheTypesToleranceDecides() {
        double tolerance = Precision.FLOAT16.tolerance();
        assertTrue(againstOriginal(off(0.9 * tolerance)).passed());
        assertFails("lie", againstOriginal(off(1.1 * tolerance)));
    }

    private static Verdict judge(double[] original, double[] rewritten) {
        return judge(original, rewritten, EXACT);
    }

    private static Verdict judge(double[] original, double[] rewritten, double[] exact) {
        return Judge.againstExact(Deviation.of(original, exact), Deviation.of(rewritten, exact),
                Agreement.of(original, rewritten), Precision.FLOAT32);
    }

    private static Verdict againstOriginal(double[] rewritten) {
        return Judge.againstOriginal(Deviation.of(rewritten, EXACT), Agreement.of(EXACT, rewritten), Precision.FLOAT16);
    }

    private static void assertFails(String because, Verdict verdict) {
        assertFalse(verdict.passed());
        assertTrue(verdict.reason().contains(because), verdict.reason());
    }

    /** EXACT with a relative error of exactly {@code error}. */
    private static double[] off(double error) {
        double[] values = new double[EXACT.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = EXACT[i] * (1 + error);
        }
        return values;
    }
}
