package dev.swiglu.tools.rewrite;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.swiglu.tools.rewrite.rule.Action;
import java.util.List;

/**
 * What {@code inspect --json} and {@code rewrite --report} write.
 *
 * @param rewritten whether the model was already rewritten by this tool; its sites are then those of the original
 * @param output the file written; null when none was
 */
public record Report(int schema, String model, String mode, boolean rewritten,
        @JsonInclude(JsonInclude.Include.NON_NULL) String output, List<Site> sites, Counts counts) {
    private static final int SCHEMA = 1;

    public static Report of(String model, Mode mode, boolean rewritten, String output, List<Site> sites) {
        return new Report(SCHEMA, model, mode.toString(), rewritten, output, sites, Counts.of(sites));
    }

    /** How many sites each action has. */
    public record Counts(long fused, long activation, long left) {

        public static Counts of(List<Site> sites) {
            return new Counts(count(sites, Action.FUSED), count(sites, Action.ACTIVATION), count(sites, Action.LEFT));
        }

        private static long count(List<Site> sites, Action action) {
            return sites.stream().filter(site -> site.action() == action).count();
        }
    }
}
