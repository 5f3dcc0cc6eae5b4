package dev.swiglu.training;

import dev.swiglu.CheckpointException;
import dev.swiglu.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Everything that a training needs to go on as if it had never stopped, in one file: weights, optimizer state, counters, and
 * the place in the data. The file appears whole or not at all, and a damaged one is refused when it is read. It is in the
 * safetensors format, so other tools can look into it.
 *
 * @param step steps taken
 * @param weights by their names in the forward model
 * @param optimizer what the optimizer keeps, by input name of the training model
 */
public record Checkpoint(long step, float lossScale, int goodSteps, DataPosition data, Map<String, Tensor> weights,
        Map<String, Tensor> optimizer) {
    private static final String FORMAT = "swiglu-ort checkpoint";
    private static final String VERSION = "1";
    /** Before the names in the file, which keeps the two kinds apart whatever a model calls its weights. */
    private static final String WEIGHT = "weight/";
    private static final String OPTIMIZER = "optimizer/";

    public Checkpoint {
        LossScaling.requireScale(lossScale);
        if (step < 0 || goodSteps < 0) {
            throw new IllegalArgumentException("Steps are counted from 0; there are not " + Math.min(step, goodSteps) + " of them.");
        }
    }

    public void write(Path file) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> tensors.put(WEIGHT + name, tensor));
        optimizer.forEach((name, tensor) -> tensors.put(OPTIMIZER + name, tensor));
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put("format", FORMAT);
        entries.put("version", VERSION);
        entries.put("step", Long.toString(step));
        entries.put("loss_scale", Float.toString(lossScale));
        entries.put("good_steps", Integer.toString(goodSteps));
        entries.put("seed", Long.toString(data.seed()));
        entries.put("epoch", Long.toString(data.epoch()));
        entries.put("batch", Long.toString(data.batch()));
        new SafeTensors(tensors, entries).write(file);
    }

    /**
     * @throws CheckpointException when the file is cut off, damaged, incomplete, or no checkpoint of this version
     * @throws java.io.UncheckedIOException when it cannot be read
     */
    public static Checkpoint read(Path file) {
        SafeTensors content = SafeTensors.read(file);
        Map<String, String> entries = content.entries();
        if (!FORMAT.equals(entries.get("format")) || !VERSION.equals(entries.get("version"))) {
            throw new CheckpointException(file + " is not a checkpoint that this version of swiglu-ort can read: its format is '"
                    + entries.get("format") + "', version " + entries.get("version") + ".");
        }
        try {
            DataPosition data = new DataPosition(number(entries, "seed", Long::valueOf), number(entries, "epoch", Long::valueOf),
                    number(entries, "batch", Long::valueOf));
            return new Checkpoint(number(entries, "step", Long::valueOf), number(entries, "loss_scale", Float::valueOf),
                    number(entries, "good_steps", Integer::valueOf), data, startingWith(WEIGHT, content.tensors()),
                    startingWith(OPTIMIZER, content.tensors()));
        } catch (IllegalArgumentException wrong) {
            throw new CheckpointException(file + " is no checkpoint that a training can go on from: " + wrong.getMessage()
                    + " Resume from another one.", wrong);
        }
    }

    private static <N extends Number> N number(Map<String, String> entries, String key, Function<String, N> parse) {
        String text = entries.get(key);
        if (text == null) {
            throw new IllegalArgumentException("The entry '" + key + "' is missing.");
        }
        try {
            return parse.apply(text);
        } catch (NumberFormatException notOne) {
            throw new IllegalArgumentException("The entry '" + key + "' is '" + text + "', and not the number that it must be.",
                    notOne);
        }
    }

    private static Map<String, Tensor> startingWith(String prefix, Map<String, Tensor> tensors) {
        Map<String, Tensor> chosen = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                chosen.put(name.substring(prefix.length()), tensor);
            }
        });
        return chosen;
    }
}
