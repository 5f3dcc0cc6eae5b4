package dev.swiglu;

import static dev.swiglu.TensorType.FLOAT32;
import static dev.swiglu.TensorType.INT64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatefulSessionTest {
    private static final Map<String, String> FEEDBACK = Map.of("sum_now", "sum", "runs_now", "runs");

    private int openBefore;

    @BeforeEach
    void countHandles() {
        SwiGlu.loadBridge();
        openBefore = ResidentBridge.openHandles();
    }

    @AfterEach
    void nothingStaysOpen() {
        assertEquals(openBefore, ResidentBridge.openHandles());
    }

    /** Adds up what it is given, and counts; fails where x is longer than the sum. */
    private static SessionBuilder adder() {
        return OnnxModel.opset(17).input("x", FLOAT32, "n").input("sum", FLOAT32, 2).input("runs", INT64)
                .constant("one", Tensor.int64(new long[] {1}))
                .node("Add", "sum x -> sum_now").node("Add", "runs one -> runs_now").node("Neg", "sum_now -> negative")
                .output("sum_now", FLOAT32, 2).output("runs_now", INT64).output("negative", FLOAT32, 2).session();
    }

    private static Map<String, Tensor> x(float... values) {
        return Map.of("x", Tensor.float32(values, values.length));
    }

    private static Map<String, Tensor> initial() {
        return Map.of("sum", Tensor.float32(new float[] {10, 20}, 2), "runs", Tensor.int64(new long[] {0}));
    }

    @Test
    void remembers() {
        try (StatefulSession session = adder().openStateful(FEEDBACK, initial())) {
            assertEquals(List.of("x"), session.inputs().stream().map(ValueInfo::name).toList());
            session.run(x(1, 2), Set.of("negative"));
            Outputs outputs = session.run(x(3, 4), Set.of("negative"));
            assertArrayEquals(new float[] {-14, -26}, outputs.get("negative").floats());
            assertEquals(Set.of("negative"), outputs.asMap().keySet());
            assertEquals(2, session.state().get("runs").longs()[0]);
            session.setState(initial());
            session.run(x(1, 1), Set.of("negative"));
            assertArrayEquals(new float[] {11, 21}, session.state(List.of("sum")).get("sum").floats());
        }
    }

    @Test
    void keepsItsStateWhenARunFails() {
        try (StatefulSession session = adder().openStateful(FEEDBACK, initial())) {
            session.run(x(1, 2), Set.of("negative"));
            Map<String, Tensor> before = session.state();
            assertThrows(ModelException.class, () -> session.run(x(1, 2, 3), Set.of("negative")));
            assertThrows(IllegalArgumentException.class, () -> session.run(Map.of(), Set.of("negative")));
            assertThrows(IllegalArgumentException.class, () -> session.run(x(1, 2), Set.of("sum_now")));
            assertEquals(before, session.state());
            assertThrows(IllegalArgumentException.class, () -> session.state(List.of("sum", "x")));
        }
    }

    @Test
    void takesNoStateOnceItIsClosed() {
        StatefulSession session = adder().openStateful(FEEDBACK, initial());
        session.close();
        assertThrows(IllegalStateException.class, () -> session.setState(initial()));
        assertThrows(IllegalStateException.class, session::state);
    }

    @Test
    void refusesEndsThatDoNotFit() {
        String types = assertThrows(ModelException.class,
                () -> adder().openStateful(Map.of("sum_now", "runs"), initial())).getMessage();
        assertEquals("The output 'sum_now' cannot become the input 'runs': the model has sum_now float32[2] and runs int64[].", types);
        assertThrows(ModelException.class, () -> adder().openStateful(Map.of("none", "sum"), initial()));
        String missing = assertThrows(IllegalArgumentException.class,
                () -> adder().openStateful(FEEDBACK, Map.of("runs", Tensor.int64(new long[] {0})))).getMessage();
        assertEquals("The input 'sum' is missing; the model expects float32[2].", missing);
    }
}
