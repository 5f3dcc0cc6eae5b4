package dev.swiglu.tools.rewrite.rule;

import com.fasterxml.jackson.annotation.JsonValue;

/** What happens to a gated product; the names are part of the report's schema. */
public enum Action {
    /** Both projections, the activation and the product become one node. */
    FUSED("fused"),
    /** The activation and the product become one node; the projections stay. */
    ACTIVATION("activation"),
    LEFT("left");

    private final String label;

    Action(String label) {
        this.label = label;
    }

    @JsonValue
    public String label() {
        return label;
    }
}
