package dev.swiglu.tools.rewrite.pattern;

import ai.onnx.proto.OnnxMl.AttributeProto;
import dev.swiglu.tools.onnx.Attributes;
import java.util.ArrayList;
import java.util.List;

/**
 * The activation of a gated product, in the terms of the dev.swiglu operators.
 *
 * @param name value of the attribute {@code activation}
 * @param alpha the slope inside the sigmoid; 1 for activations that have none
 */
public record Activation(String name, float alpha) {
    private static final float QUICK_GELU_ALPHA = 1.702f;

    public static final Activation SIGMOID = named("sigmoid");
    public static final Activation IDENTITY = named("identity");

    /** An activation without alpha. */
    public static Activation named(String name) {
        return new Activation(name, 1);
    }

    /** x·σ(alpha·x), which goes by two names: QuickGELU with 1.702, SiLU or Swish with 1 and everything else. */
    public static Activation sigmoidWeighted(float alpha) {
        return new Activation(alpha == QUICK_GELU_ALPHA ? "quick_gelu" : "silu", alpha);
    }

    /** Whether products with it are everywhere, so that one is a gated MLP only between projections of one X. */
    public boolean isCommon() {
        return equals(SIGMOID) || equals(IDENTITY);
    }

    /** The attributes that say this: the name always, alpha only where it differs from the operator's default. */
    public List<AttributeProto> attributes() {
        List<AttributeProto> attributes = new ArrayList<>();
        attributes.add(Attributes.of("activation", name));
        float whenAbsent = name.equals("quick_gelu") ? QUICK_GELU_ALPHA : 1;
        if (alpha != whenAbsent) {
            attributes.add(Attributes.of("alpha", alpha));
        }
        return attributes;
    }

    @Override
    public String toString() {
        return name.equals("silu") && alpha != 1 ? name + "(" + alpha + ")" : name;
    }
}
