package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import dev.swiglu.SwiGlu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A rewritten model in DJL, which is told where the operator library is. */
class DjlTest {
    @Test
    void aModelOfDjlRunsTheOperators(@TempDir Path profiles) throws Exception {
        Criteria<NDList, NDList> criteria = Criteria.builder()
                .setTypes(NDList.class, NDList.class)
                .optEngine("OnnxRuntime")
                .optModelPath(Path.of(System.getProperty("model")))
                .optOption("customOpLibrary", SwiGlu.library().toString())
                .optOption("profilerOutput", profiles.resolve("run").toString())
                .build();
        try (ZooModel<NDList, NDList> model = criteria.loadModel();
                Predictor<NDList, NDList> predictor = model.newPredictor();
                NDManager manager = model.getNDManager().newSubManager()) {
            NDList inputs = new NDList(manager.create(new long[] {1, 5, 9}, new Shape(1, 3)),
                    manager.create(new long[] {1, 1, 1}, new Shape(1, 3)));
            inputs.get(0).setName("input_ids");
            inputs.get(1).setName("attention_mask");
            NDList outputs = predictor.predict(inputs);
            assertEquals(3, outputs.get(0).getShape().get(1), "logits for each token");
        }
        assertTrue(onlyFile(profiles).contains("\"FusedSwiGLU\""), "the operator ran, not the functions that the model carries");
    }

    private static String onlyFile(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return Files.readString(files.toList().get(0));
        }
    }
}
