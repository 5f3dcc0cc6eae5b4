package dev.swiglu.tools.rewrite.pattern;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.swiglu.tools.onnx.Attributes;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code act(min(gate, limit)) · (clamp(up, ±limit) + upOffset)}, as gpt-oss does it.
 *
 * @param limit infinite where there is none
 */
public record Clamping(float limit, float upOffset) {
    public static final Clamping NONE = new Clamping(Float.POSITIVE_INFINITY, 0);

    /** The attributes that say this; none where nothing is clamped or shifted. */
    public List<AttributeProto> attributes() {
        List<AttributeProto> attributes = new ArrayList<>();
        if (limit < Float.POSITIVE_INFINITY) {
            attributes.add(Attributes.of("limit", limit));
        }
        if (upOffset != 0) {
            attributes.add(Attributes.of("up_offset", upOffset));
        }
        return attributes;
    }
}
