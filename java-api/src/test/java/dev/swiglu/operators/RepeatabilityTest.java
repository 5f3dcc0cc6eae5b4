package dev.swiglu.operators;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.swiglu.ModelSession;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Results are the same to the bit, whoever computes them next to whom. */
class RepeatabilityTest {
    private static final int RUNS = 20;

    private final EightThreads threads = new EightThreads();

    @AfterEach
    void stopThreads() {
        threads.close();
    }

    /** Several tiles in every direction, and a last one that is not full. */
    private static FusedCase inputs(TensorType type) {
        return new FusedCase(type, 150, 170, 130).biases();
    }

    private static OneNode gradient(FusedCase inputs) {
        return inputs.gradient().wanting("dX", "dW_gate", "dW_up", "db_gate", "db_up", "Y");
    }

    @Test
    void eightThreadsOnOneSession() throws Exception {
        FusedCase inputs = inputs(TensorType.FLOAT32);
        for (OneNode node : List.of(inputs.forward(), gradient(inputs))) {
            Map<String, Tensor> expected = node.run();
            try (ModelSession session = node.session().threads(2).open()) {
                threads.all(() -> {
                    for (int run = 0; run < RUNS; run++) {
                        assertEquals(expected, session.run(node.graphInputs()).asMap());
                    }
                    return null;
                });
            }
        }
    }

    @Test
    void severalSessionsAtOnce() throws Exception {
        FusedCase inputs = inputs(TensorType.BFLOAT16);
        OneNode node = gradient(inputs);
        Map<String, Tensor> expected = node.run();
        threads.all(() -> {
            for (int run = 0; run < RUNS; run++) {
                try (ModelSession session = node.session().threads(2).open()) {
                    assertEquals(expected, session.run(node.graphInputs()).asMap());
                }
            }
            return null;
        });
    }

    @Test
    void anyNumberOfThreadsWithinASession() {
        for (TensorType type : Samples.TYPES) {
            FusedCase inputs = inputs(type);
            OneNode node = gradient(inputs);
            Map<String, Tensor> expected = node.run();
            for (int count : new int[] {2, 3, 5}) {
                try (ModelSession session = node.session().threads(count).open()) {
                    assertEquals(expected, session.run(node.graphInputs()).asMap());
                }
            }
        }
    }
}
