package dev.swiglu.tools.rewrite;

import dev.swiglu.tools.rewrite.rule.FuseActivation;
import dev.swiglu.tools.rewrite.rule.FusePacked;
import dev.swiglu.tools.rewrite.rule.FuseProjections;
import dev.swiglu.tools.rewrite.rule.RewriteRule;
import java.util.List;
import java.util.Locale;

/** Which rules a rewrite tries, the first that applies winning. */
public enum Mode {
    AUTO(new FuseProjections(), new FusePacked(), new FuseActivation()),
    FUSED(new FuseProjections()),
    ACTIVATION(new FusePacked(), new FuseActivation());

    private final List<RewriteRule> rules;

    Mode(RewriteRule... rules) {
        this.rules = List.of(rules);
    }

    public List<RewriteRule> rules() {
        return rules;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
