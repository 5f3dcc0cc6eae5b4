package dev.swiglu.tools.verify.exact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.swiglu.tools.onnx.DoubleSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Float64ReferenceTest {

    private static final double NO_LIMIT = Double.POSITIVE_INFINITY;
    private static final double[] GATE = {4, -1};
    private static final double[] UP = {5, 2};

    @Test
    void siluUnitMeetsTheWorkedVector() {
        double[] expected = {4 * sigmoid(4) * 5, -sigmoid(-1) * 2};
        assertArrayEquals(expected, Float64Reference.elementwise(GATE, UP, unit(Activation.SILU)), 1e-15);
    }

    @Test
    void plainGluMeetsTheWorkedVector() {
        assertArrayEquals(new double[] {4.91, 0.538},
                Float64Reference.elementwise(GATE, UP, unit(Activation.SIGMOID)), 5e-4);
    }

    /** Values to 13 digits from the definitions in 50-digit arithmetic; the far tails are where naive formulas fail. */
    @ParameterizedTest
    @CsvSource({
        "SILU, -30, -2.807286890652e-12", "SILU, 1.5, 1.22636171429",
        "QUICK_GELU, -2, -0.06434137685579",
        "GELU, -8, -4.976768459417e-15", "GELU, 1, 0.8413447460685", "GELU, -3, -0.00404969409489",
        "GELU_TANH, 1, 0.8411919906083", "GELU_TANH, -3, -0.003637392081773",
        "RELU, -2, 0", "SQUARED_RELU, 3, 9", "IDENTITY, -7, -7",
        "MISH, -20, -4.122307240629e-8", "MISH, 1, 0.8650983882673", "MISH, 50, 50"})
    void activationKeepsItsRelativeAccuracy(Activation activation, double x, double expected) {
        assertEquals(expected, activation.apply(x, activation.defaultAlpha()), Math.abs(expected) * 1e-11);
    }

    @Test
    void limitClampsGateFromAboveAndUpFromBothSides() {
        GatedUnit unit = new GatedUnit(Activation.IDENTITY, 1, 7, 1);
        assertArrayEquals(new double[] {7 * 8, -9 * -6, -9 * 3},
                Float64Reference.elementwise(new double[] {9, -9, -9}, new double[] {9, -9, 2}, unit));
    }

    @Test
    void projectionReadsBothWeightLayoutsAlike() {
        double[] x = {1, 2, 3, 4, 5, 6};
        double[] bias = {100, 200};
        DoubleSource asStoredByMatMul = DoubleSource.of(1, 4, 2, 5, 3, 6);
        DoubleSource asStoredByGemm = DoubleSource.of(1, 2, 3, 4, 5, 6);
        double[] expected = {114, 232, 132, 277};
        assertArrayEquals(expected, new Projection(asStoredByMatMul, 3, 2, false, bias).of(x, 2));
        assertArrayEquals(expected, new Projection(asStoredByGemm, 3, 2, true, bias).of(x, 2));
    }

    @Test
    void anEmptyProductLeavesTheBias() {
        double[] nothing = {};
        assertArrayEquals(new double[] {7, 8, 7, 8},
                new Projection(DoubleSource.of(nothing), 0, 2, false, new double[] {7, 8}).of(nothing, 2));
    }

    @Test
    void projectionWiderThanOneStripFillsEveryColumn() {
        int columns = 301;
        double[] weights = new double[columns];
        for (int i = 0; i < columns; i++) {
            weights[i] = i;
        }
        double[] result = new Projection(DoubleSource.of(weights), 1, columns, false, null).of(new double[] {2}, 1);
        for (int i = 0; i < columns; i++) {
            assertEquals(2.0 * i, result[i]);
        }
    }

    @ParameterizedTest
    @CsvSource({"CONCAT, 40, 100", "CONCAT_SWAPPED, 33, 84", "INTERLEAVED, 210, 15"})
    void packedRowsAreSplitAsTheLayoutSays(Layout layout, double first, double second) {
        double[] packed = {10, 20, 3, 4};
        GatedUnit gateTimesUpPlusOne = new GatedUnit(Activation.IDENTITY, 1, NO_LIMIT, 1);
        assertArrayEquals(new double[] {first, second},
                Float64Reference.packed(packed, 4, layout, gateTimesUpPlusOne));
    }

    private static GatedUnit unit(Activation activation) {
        return new GatedUnit(activation, activation.defaultAlpha(), NO_LIMIT, 0);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
