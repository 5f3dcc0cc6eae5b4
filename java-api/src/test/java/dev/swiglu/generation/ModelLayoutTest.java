package dev.swiglu.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.swiglu.ModelException;
import dev.swiglu.TensorType;
import dev.swiglu.ValueInfo;
import dev.swiglu.generation.ModelLayout.Cache;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Graphs as exporters write them; tests of the tools generate with real ones. */
class ModelLayoutTest {
    private static final ValueInfo IDS = value("input_ids", TensorType.INT64, -1, -1);
    private static final ValueInfo MASK = value("attention_mask", TensorType.INT64, -1, -1);
    private static final ValueInfo POSITIONS = value("position_ids", TensorType.INT64, -1, -1);
    private static final ValueInfo LOGITS = value("logits", TensorType.FLOAT32, -1, -1, 256);

    @ParameterizedTest
    @CsvSource({
        "past_key_values.0.key, past_key_values.0.value, present.0.key, present.0.value",
        "past_key_values_key_cache_0, past_key_values_value_cache_0, key_cache_0, value_cache_0",
        "past_0_key, past_0_value, present_key_0, present_value_0",
        "cache.0.k, cache.0.v, new_cache.0.k, new_cache.0.v",
        "past_key_values.0.key, past_key_values.0.value, cat_3, cat_7"})
    void pastsFindTheirPresents(String pastKey, String pastValue, String presentKey, String presentValue) {
        ModelLayout layout = layout(ModelConfiguration.NONE, List.of(IDS, MASK, cache(pastKey), cache(pastValue)),
                List.of(LOGITS, cache(presentKey), cache(presentValue)));
        assertEquals(Cache.GROWING, layout.cache());
        assertEquals(List.of(pastKey + ">" + presentKey, pastValue + ">" + presentValue), pairs(layout));
    }

    @Test
    void outputsInAnotherOrderArePairedByName() {
        ModelLayout layout = layout(ModelConfiguration.NONE, List.of(IDS, cache("past.0.key"), cache("past.10.key")),
                List.of(cache("present.10.key"), cache("present.0.key"), LOGITS));
        assertEquals(List.of("past.0.key>present.0.key", "past.10.key>present.10.key"), pairs(layout));
    }

    @Test
    void aCacheThatIsOnlyMadeIsNone() {
        assertEquals(Cache.NONE,
                layout(ModelConfiguration.NONE, List.of(IDS, MASK), List.of(LOGITS, cache("present.0.key"))).cache());
    }

    @Test
    void genaiModelsShareTheirCacheAndItHasRoomForTheWindow() {
        ModelConfiguration genai = new ModelConfiguration(Optional.empty(), Set.of(), OptionalInt.of(512),
                OptionalInt.of(2), OptionalInt.of(16), true, 64, Map.of());
        ValueInfo past = value("past_key_values.0.key", TensorType.FLOAT16, -1, 2, -1, -1);
        List<ValueInfo> outputs = List.of(LOGITS, cache("present.0.key", TensorType.FLOAT16));
        ModelLayout layout = ModelLayout.of(List.of(IDS, MASK, past), outputs, genai, true);
        assertEquals(Cache.SHARED, layout.cache());
        assertArrayEquals(new long[] {3, 2, 64, 16}, layout.shape(layout.cacheParts().get(0), 3, 10));
        assertArrayEquals(new long[] {3, 2, 100, 16}, layout.shape(layout.cacheParts().get(0), 3, 100));
        assertThrows(ModelException.class, () -> {
            ModelLayout unknown = ModelLayout.of(List.of(IDS, past), outputs, ModelConfiguration.NONE, true);
            unknown.shape(unknown.cacheParts().get(0), 1, 10);
        });
    }

    @Test
    void paddingNeedsAMaskAndPositionsAndAnAttentionThatHeedsThem() {
        assertTrue(layout(ModelConfiguration.NONE, List.of(IDS, MASK, POSITIONS), List.of(LOGITS)).canPad());
        assertFalse(layout(ModelConfiguration.NONE, List.of(IDS, MASK), List.of(LOGITS)).canPad());
        assertFalse(layout(ModelConfiguration.NONE, List.of(IDS, POSITIONS), List.of(LOGITS)).canPad());
        assertFalse(ModelLayout.of(List.of(IDS, MASK, POSITIONS), List.of(LOGITS), ModelConfiguration.NONE, true).canPad());
    }

    @Test
    void whatIsNotKnownIsRefusedByName() {
        assertRefused("pixel_values", List.of(IDS, value("pixel_values", TensorType.FLOAT32, -1, 3, -1, -1)), List.of(LOGITS));
        assertRefused("input_ids", List.of(MASK), List.of(LOGITS));
        assertRefused("logits", List.of(IDS), List.of(cache("hidden")));
        assertRefused("attention_mask", List.of(IDS, value("attention_mask", TensorType.FLOAT32, -1, 1, -1)), List.of(LOGITS));
        assertRefused("past.0.key", List.of(IDS, cache("past.0.key")), List.of(LOGITS, cache("present.1.key")));
        assertRefused("1 parts", List.of(IDS, cache("past.0.key")), List.of(LOGITS));
        assertRefused("texts grow", List.of(value("input_ids", TensorType.INT64, 1, 16)), List.of(LOGITS));
        assertRefused("fixed length", List.of(IDS, value("past.0.key", TensorType.FLOAT32, -1, 2, 512, 16)),
                List.of(LOGITS, value("present.0.key", TensorType.FLOAT32, -1, 2, 512, 16)));
    }

    private static void assertRefused(String named, List<ValueInfo> inputs, List<ValueInfo> outputs) {
        String message = assertThrows(ModelException.class, () -> layout(ModelConfiguration.NONE, inputs, outputs)).getMessage();
        assertTrue(message.contains(named), message);
    }

    private static ModelLayout layout(ModelConfiguration configuration, List<ValueInfo> inputs, List<ValueInfo> outputs) {
        return ModelLayout.of(inputs, outputs, configuration, false);
    }

    private static List<String> pairs(ModelLayout layout) {
        return layout.cacheParts().stream().map(part -> part.past().name() + ">" + part.present().name()).toList();
    }

    private static ValueInfo cache(String name) {
        return cache(name, TensorType.FLOAT32);
    }

    private static ValueInfo cache(String name, TensorType type) {
        return value(name, type, -1, 2, -1, 16);
    }

    private static ValueInfo value(String name, TensorType type, long... shape) {
        return new ValueInfo(name, type, Arrays.stream(shape).boxed().toList(),
                Collections.nCopies(shape.length, ""));
    }
}
