package dev.swiglu.tools.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Which sites make the rewritten model differ: each cause is a set of nodes that fails when only they are rewritten, and
 * from which none can be left out.
 *
 * @param causes empty when the models differ elsewhere than at the sites
 * @param runs how many models between the two were run
 */
public record Bisection(List<List<String>> causes, int runs) {

    /**
     * All causes in {@code candidates}: a smallest failing set by halving, then again among the rest until that passes.
     *
     * @param fails whether a model fails in which only these are rewritten
     */
    static <T> List<List<T>> causes(List<T> candidates, Predicate<List<T>> fails) {
        List<List<T>> causes = new ArrayList<>();
        List<T> rest = new ArrayList<>(candidates);
        while (!rest.isEmpty() && fails.test(rest)) {
            List<T> cause = smallest(rest, fails);
            causes.add(cause);
            rest.removeAll(cause);
        }
        return causes;
    }

    /** Delta debugging: a part that fails alone, else what fails when a part is left out, else smaller parts. */
    private static <T> List<T> smallest(List<T> failing, Predicate<List<T>> fails) {
        int parts = 2;
        List<T> smallest = List.copyOf(failing);
        while (smallest.size() > 1) {
            List<T> smaller = smaller(smallest, parts, fails);
            if (smaller.size() < smallest.size()) {
                parts = smaller.size() * parts > smallest.size() ? Math.max(2, parts - 1) : 2;
                smallest = smaller;
            } else if (parts >= smallest.size()) {
                break;
            } else {
                parts = Math.min(2 * parts, smallest.size());
            }
        }
        return smallest;
    }

    private static <T> List<T> smaller(List<T> failing, int parts, Predicate<List<T>> fails) {
        List<List<T>> tried = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            tried.add(failing.subList(i * failing.size() / parts, (i + 1) * failing.size() / parts));
        }
        for (int i = 0; i < parts && parts > 2; i++) {
            List<T> others = new ArrayList<>(failing.subList(0, i * failing.size() / parts));
            others.addAll(failing.subList((i + 1) * failing.size() / parts, failing.size()));
            tried.add(others);
        }
        return tried.stream().filter(fails).findFirst().orElse(failing);
    }
}
