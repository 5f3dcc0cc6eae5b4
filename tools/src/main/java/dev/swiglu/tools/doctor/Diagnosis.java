package dev.swiglu.tools.doctor;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.List;

/** Everything that the doctor found; also what {@code doctor --json} prints. */
@JsonPropertyOrder({"schema", "cpu_works", "cuda_works"})
public record Diagnosis(String java, String platform, RuntimeState onnxRuntime, OperatorLibrary operatorLibrary, Nvidia nvidia,
        List<CudaLibrary> cudaLibraries) {

    public static Diagnosis of(Host host) {
        String java = System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")";
        String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        return new Diagnosis(java, platform, RuntimeState.current(), OperatorLibrary.current(), Nvidia.on(host),
                CudaLibrary.on(host));
    }

    @JsonProperty
    public int schema() {
        return 1;
    }

    @JsonProperty
    public boolean cpuWorks() {
        return operatorLibrary.works();
    }

    @JsonProperty
    public boolean cudaWorks() {
        return cpuWorks() && onnxRuntime.hasCuda() && onnxRuntime.cudaProblem() == null;
    }

    /** What to install or change, most important first. */
    @JsonProperty
    public List<String> advice() {
        return Advice.on(this);
    }

    public String toJson() {
        try {
            return new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
