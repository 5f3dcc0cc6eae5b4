package dev.swiglu.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.ModelException;
import dev.swiglu.OnnxModel;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
    @TempDir
    private Path folder;

    private static Trainer open(Path model) {
        return Trainer.builder(model).threads(1).learningRate(LearningRate.cosine(0.3f, 10, 300)).open();
    }

    private static void train(Trainer trainer, int steps) {
        for (int i = 0; i < steps; i++) {
            trainer.step(TwoMoons.batch(trainer.steps()));
        }
    }

    @Test
    void learns() throws IOException {
        try (Trainer trainer = open(TwoMoons.plain(folder))) {
            double first = trainer.step(TwoMoons.batch(0)).loss();
            train(trainer, 298);
            StepResult last = trainer.step(TwoMoons.batch(299), Set.of("logit"));
            assertTrue(first > 0.5 && last.loss() < 0.01, "the loss went from " + first + " to " + last.loss());
            assertEquals(300, last.step());
            assertTrue(last.finite() && last.lossScale() == 1 && last.learningRate() < 1e-3);
            float[] logits = last.outputs().get("logit").floats();
            float[] labels = TwoMoons.batch(299).get("label").floats();
            for (int i = 0; i < logits.length; i++) {
                assertEquals(labels[i] == 1, logits[i] > 0);
            }
        }
    }

    @Test
    void goesOnFromACheckpointBitForBit() throws IOException {
        Path checkpoint = folder.resolve("moons.safetensors");
        Path model = TwoMoons.scaled(folder);
        DataPosition data = new DataPosition(7, 2, 31);
        Map<String, Tensor> uninterrupted;
        long steps;
        try (Trainer trainer = open(model)) {
            train(trainer, 20);
            steps = trainer.steps();
            trainer.checkpoint(checkpoint, data);
            train(trainer, 20);
            uninterrupted = trainer.weights();
        }
        try (Trainer trainer = open(model)) {
            train(trainer, 3);
            assertEquals(data, trainer.resume(checkpoint));
            assertEquals(steps, trainer.steps());
            train(trainer, 20);
            assertEquals(uninterrupted, trainer.weights());
        }
    }

    @Test
    void skipsStepsThatOverflowAndLowersTheScale() throws IOException {
        LossScaling scaling = new LossScaling(0x1p22f, 3);
        try (Trainer trainer = Trainer.builder(TwoMoons.scaled(folder)).threads(1).lossScaling(scaling).open()) {
            Map<String, Tensor> before = trainer.weights();
            StepResult overflown = trainer.step(TwoMoons.batch(0));
            assertFalse(overflown.finite());
            assertEquals(0, overflown.step());
            assertEquals(before, trainer.weights());
            float scale = overflown.lossScale();
            StepResult result = trainer.step(TwoMoons.batch(0));
            while (!result.finite()) {
                assertEquals(scale /= 2, result.lossScale());
                result = trainer.step(TwoMoons.batch(0));
            }
            assertEquals(scale / 2, result.lossScale());
            assertEquals(1, result.step());
            assertFalse(before.equals(trainer.weights()));
            trainer.step(TwoMoons.batch(1));
            trainer.step(TwoMoons.batch(2));
            assertEquals(scale, trainer.step(TwoMoons.batch(3)).lossScale());
        }
    }

    @Test
    void closesTwiceAndWhileAStepRuns() throws IOException {
        Trainer trainer = open(TwoMoons.plain(folder));
        Map<String, Tensor> weights = trainer.weights();
        CompletableFuture<Void> training = CompletableFuture.runAsync(() -> train(trainer, Integer.MAX_VALUE));
        while (trainer.steps() < 5) {
            Thread.onSpinWait();
        }
        trainer.close();
        trainer.close();
        assertTrue(assertThrows(Exception.class, training::join).getCause() instanceof IllegalStateException);
        assertThrows(IllegalStateException.class, trainer::weights);
        assertEquals(5, weights.size());
        assertEquals(16, weights.get("w_out").floats().length);
    }

    @Test
    void saysWhatIsWrongWithAModelOrABatch() throws IOException {
        Path forward = OnnxModel.opset(17).input("x", TensorType.FLOAT32, 1).node("Relu", "x -> y")
                .output("y", TensorType.FLOAT32, 1).writeTo(folder.resolve("forward.onnx"));
        assertTrue(assertThrows(ModelException.class, () -> open(forward)).getMessage().contains("tools/swiglu gradient"));
        String missing = assertThrows(UncheckedIOException.class, () -> open(folder.resolve("none.onnx"))).getMessage();
        assertEquals(folder.resolve("none.onnx") + " cannot be read: it does not exist.", missing);
        try (Trainer trainer = open(TwoMoons.plain(folder))) {
            String sentence = assertThrows(IllegalArgumentException.class, () -> trainer.step(Map.of())).getMessage();
            assertEquals("The input 'x' is missing; the model expects float32[64, 2].", sentence);
            assertEquals(0, trainer.steps());
        }
        Path plain = TwoMoons.plain(folder);
        assertThrows(IllegalArgumentException.class, () -> Trainer.builder(plain).lossScaling(LossScaling.dynamic()).open());
    }
}
