package dev.swiglu.tools.mnist;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.swiglu.training.StepResult;
import java.util.ArrayList;
import java.util.List;

/**
 * How one training went.
 *
 * @param graph {@code fused} or {@code unfused}
 * @param losses of each step's batch
 * @param skipped places among the losses of the steps that were not taken because a scaled gradient overflowed
 */
record LearningCurve(String graph, List<Double> losses, List<Integer> skipped, List<Epoch> epochs) {

    /** @param seconds of training, without the judging afterwards */
    record Epoch(@JsonProperty("mean_loss") double meanLoss, @JsonProperty("test_loss") double testLoss,
            @JsonProperty("test_accuracy") double testAccuracy, double seconds) {}

    LearningCurve(String graph) {
        this(graph, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    void stepped(StepResult result) {
        if (!result.finite()) {
            skipped.add(losses.size());
        }
        losses.add(result.loss());
    }

    /** How many of the last {@code steps} steps were not taken. */
    long skippedOfLast(int steps) {
        return skipped.stream().filter(place -> place >= losses.size() - steps).count();
    }

    /** Closes an epoch of the last {@code steps} steps. */
    void judged(int steps, double testLoss, double testAccuracy, double seconds) {
        List<Double> last = losses.subList(losses.size() - steps, losses.size());
        double mean = last.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        epochs.add(new Epoch(mean, testLoss, testAccuracy, seconds));
    }

    /** The largest difference between the losses of the first {@code steps} steps. */
    double difference(LearningCurve other, int steps) {
        double largest = 0;
        for (int i = 0; i < Math.min(steps, losses.size()); i++) {
            largest = Math.max(largest, Math.abs(losses.get(i) - other.losses.get(i)));
        }
        return largest;
    }
}
