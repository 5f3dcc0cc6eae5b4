package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.swiglu.ModelSession;
import dev.swiglu.ResidentSession;
import dev.swiglu.tools.generate.LanguageModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All but the capture, which needs a GPU: in each step the same memory, and a mask that is longer than the text. */
class GraphDecoderTest {
    private static final int NO_CAPTURE = -1;

    @Test
    void masksOfFixedLengthAndMemoryThatIsUsedAgainGiveTheSameScores(@TempDir Path temporary) throws IOException {
        Path exported = LanguageModels.folder(temporary, "/exports/genai-llama-fp16-cuda.onnx");
        ModelFolder folder = ModelFolder.of(exported, Optional.empty());
        try (ResidentSession session = ModelSession.builder(folder.model()).openResident()) {
            ModelLayout layout = ModelLayout.of(session.inputs(), session.outputs(), folder.configuration(), true);
            GraphDecoder fixed = new GraphDecoder(session, layout, new GraphPool.Size(2, 64), NO_CAPTURE, null);
            for (List<int[]> prompts : List.of(List.of(new int[] {1, 2, 3, 4, 5, 6}, new int[] {9, 8, 7, 6, 5, 4}),
                    List.of(new int[] {17}, new int[] {4}))) {
                assertSameScores(fixed, new ResidentDecoder(session, layout, 2, 64), new TokenRows(prompts));
            }
            fixed.free();
        }
    }

    private static void assertSameScores(Decoder fixed, Decoder growing, TokenRows rows) {
        int from = 0;
        for (int step = 0; step < 20; step++) {
            float[] expected = growing.read(rows, from, rows.length(), 1).floats();
            assertArrayEquals(expected, fixed.read(rows, from, rows.length(), 1).floats(), "step " + step);
            from = rows.length();
            rows.append(new int[] {31 * step % 256, 57 * step % 256});
        }
        growing.close();
    }
}
