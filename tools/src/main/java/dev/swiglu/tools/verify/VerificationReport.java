package dev.swiglu.tools.verify;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.swiglu.tools.verify.language.LanguageAccuracy;
import java.util.List;

/**
 * Everything that a verification found; also the schema of {@code verify --report}. For each output and each site the
 * sample that came nearest to failing stands for all.
 *
 * @param operators whether our library ran; otherwise the functions inside the model did
 * @param reference what the outputs were judged by; sites are always judged by float64
 * @param nestedSites sites in bodies of If, Loop and Scan and in functions, which only the outputs judge
 * @param bisection which sites are to blame for a failure; null where nobody asked
 * @param language what both models make of a text; null where none was given
 */
@JsonPropertyOrder({"schema", "passed"})
public record VerificationReport(
        String original,
        String rewritten,
        String device,
        boolean operators,
        List<String> samples,
        String reference,
        List<OutputResult> outputs,
        List<SiteResult> sites,
        @JsonProperty("nested_sites") List<String> nestedSites,
        @JsonInclude(JsonInclude.Include.NON_NULL) Bisection bisection,
        @JsonInclude(JsonInclude.Include.NON_NULL) LanguageAccuracy language) {

    /** One output of the model. */
    public record OutputResult(String name, @JsonUnwrapped Comparison comparison) {}

    /** One rewritten node. */
    public record SiteResult(String node, String op, @JsonUnwrapped Comparison comparison) {}

    VerificationReport with(Bisection bisection) {
        return new VerificationReport(original, rewritten, device, operators, samples, reference, outputs, sites, nestedSites,
                bisection, language);
    }

    public VerificationReport with(LanguageAccuracy language) {
        return new VerificationReport(original, rewritten, device, operators, samples, reference, outputs, sites, nestedSites,
                bisection, language);
    }

    @JsonProperty
    public int schema() {
        return 1;
    }

    /** Whether everything passed; a report without a comparison proves nothing. */
    @JsonProperty
    public boolean passed() {
        return !outputs.isEmpty()
                && outputs.stream().allMatch(result -> result.comparison().passed())
                && sites.stream().allMatch(result -> result.comparison().passed())
                && (language == null || language.passed());
    }
}
