package dev.swiglu.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.Gpu;
import dev.swiglu.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("gpu")
class CudaTrainerTest {
    @TempDir
    private Path folder;

    @Test
    void learnsAndGoesOnFromACheckpointBitForBit() throws IOException {
        TrainerBuilder builder = Trainer.builder(TwoMoons.scaled(folder)).device(Gpu.required(0))
                .learningRate(LearningRate.cosine(0.3f, 10, 300));
        Map<String, Tensor> uninterrupted;
        Checkpoint halfWay;
        try (Trainer trainer = builder.open()) {
            while (trainer.steps() < 150) {
                trainer.step(TwoMoons.batch(trainer.steps()));
            }
            halfWay = trainer.checkpoint(DataPosition.start(0));
            while (trainer.steps() < 299) {
                trainer.step(TwoMoons.batch(trainer.steps()));
            }
            uninterrupted = trainer.weights();
            double loss = trainer.step(TwoMoons.batch(299)).loss();
            assertTrue(loss < 0.05, "the loss is " + loss);
        }
        try (Trainer trainer = builder.open()) {
            trainer.resume(halfWay);
            while (trainer.steps() < 299) {
                trainer.step(TwoMoons.batch(trainer.steps()));
            }
            assertEquals(uninterrupted, trainer.weights());
        }
    }
}
