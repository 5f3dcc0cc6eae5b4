package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraphPoolTest {

    @ParameterizedTest
    @CsvSource({"1, 4096, 256", "256, 4096, 256", "257, 4096, 512", "3000, 4096, 4096", "3000, 3500, 3500", "100, 128, 128",
        "1073741829, 2147483647, 2147483647", "2147483647, 131072, 131072"})
    void aCacheHasRoomForTheLongestText(int longest, int contextLength, int capacity) {
        assertEquals(capacity, GraphPool.capacity(longest, contextLength));
    }
}
