package dev.swiglu.tools.rewrite;

import dev.swiglu.tools.rewrite.rule.Action;

/** Which sites a rewrite may touch, and how: a choice of people among what the rules could do, never beyond it. */
@FunctionalInterface
public interface Selection {
    Selection ALL = (graph, output, action) -> true;

    /**
     * @param graph the path of the graph in which the site stands
     * @param output the value that it makes
     */
    boolean allows(String graph, String output, Action action);
}
