package dev.swiglu.tools.rewrite.rule;

import dev.swiglu.tools.rewrite.pattern.GatedProduct;
import dev.swiglu.tools.rewrite.pattern.ModelView;
import dev.swiglu.tools.rewrite.pattern.Result;

/**
 * One way of rewriting a gated product. A rule answers with a {@link Rewrite} only when every output of the model stays
 * the same, and otherwise with the reason. A new rule is a new class here, listed in {@code Mode}.
 */
public interface RewriteRule {

    /** The dev.swiglu operator that this rule puts into the graph. */
    String operator();

    Action action();

    Result<Rewrite> apply(GatedProduct product, ModelView view);
}
