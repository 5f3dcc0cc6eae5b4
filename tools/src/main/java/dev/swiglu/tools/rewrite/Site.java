package dev.swiglu.tools.rewrite;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.List;

/**
 * One gated MLP of a model and what a rewrite does with it: a row of the report.
 *
 * @param node the node that makes the product; its name, or its output where it has no name
 * @param graph the graph that it stands in
 * @param form how the graph spells projections and activation
 * @param activation what is applied to the gate; {@code unknown} where it is none that the operators have
 * @param output the value that the product makes, under the same name before and after
 * @param op the operator put in; null when the site is left alone
 * @param inputs what that operator reads
 * @param reason why nothing, or no more, is done; null when everything is
 * @param k columns of X; null when not known
 * @param n columns of gate and up; null when not known
 */
public record Site(String node, String graph, String form, String activation, float alpha, String dtype, Action action,
        String op, String reason, String output, List<String> inputs, @JsonInclude(JsonInclude.Include.NON_NULL) Long k,
        @JsonInclude(JsonInclude.Include.NON_NULL) Long n) {
}
