package dev.swiglu.generation;

import dev.swiglu.ModelException;
import dev.swiglu.ValueInfo;
import dev.swiglu.generation.ModelLayout.CachePart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Which part of the cache an input or output is, as its name tells: {@code past_key_values.3.key}, {@code present.3.key},
 * {@code key_cache_3} and {@code past_3_value} are all understood.
 */
record CacheSlot(int layer, boolean isKey) {
    private static final int RANK = 4;
    private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");
    private static final Pattern VALUE = Pattern.compile("value|(?<![a-z])v(?![a-z])");
    private static final Pattern KEY = Pattern.compile("key|(?<![a-z])k(?![a-z])");

    static boolean isCache(ValueInfo value) {
        return value.type().isFloatingPoint() && value.shape().size() == RANK;
    }

    /** Finds for each past the present that continues it, by name, or by order where the outputs' names say nothing. */
    static List<CachePart> pairs(List<ValueInfo> pasts, List<ValueInfo> presents) {
        if (pasts.isEmpty()) {
            return List.of();
        }
        if (pasts.size() != presents.size()) {
            throw new ModelException("The model takes a cache of " + pasts.size() + " parts and makes one of " + presents.size()
                    + ", so that it cannot go on from its own results. Export it with its past and present key-values.");
        }
        Map<CacheSlot, ValueInfo> bySlot = new HashMap<>();
        presents.forEach(present -> of(present.name()).ifPresent(slot -> bySlot.put(slot, present)));
        List<CachePart> parts = new ArrayList<>();
        for (int i = 0; i < pasts.size(); i++) {
            ValueInfo past = pasts.get(i);
            ValueInfo present = bySlot.size() == presents.size()
                    ? of(past.name()).map(bySlot::get).orElse(null) : presents.get(i);
            if (present == null || present.type() != past.type()) {
                throw new ModelException("The model's cache input " + past + " is continued by "
                        + (present == null ? "none of its outputs" : present.toString()) + ".");
            }
            parts.add(new CachePart(past, present));
        }
        return List.copyOf(parts);
    }

    static Optional<CacheSlot> of(String name) {
        String part = name.toLowerCase(Locale.ROOT).replace("key_values", "");
        boolean isKey = KEY.matcher(part).find();
        List<String> numbers = NUMBER.matcher(part).results().map(MatchResult::group).toList();
        if (numbers.isEmpty() || isKey == VALUE.matcher(part).find()) {
            return Optional.empty();
        }
        return Optional.of(new CacheSlot(Integer.parseInt(numbers.get(numbers.size() - 1)), isKey));
    }
}
