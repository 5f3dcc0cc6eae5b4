package dev.swiglu.tools.doctor;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.swiglu.Device;
import java.util.List;
import java.util.Optional;

/**
 * Everything that the doctor found; also what {@code doctor --json} prints.
 *
 * @param gpuAsked whether the GPU must work, or only may
 */
@JsonPropertyOrder({"schema", "works", "cpu_works", "cuda_works"})
public record Diagnosis(String java, String platform, RuntimeState onnxRuntime, RuntimeCache runtimeCache,
        OperatorLibrary operatorLibrary, Nvidia nvidia, GpuAccess gpuAccess, List<CudaLibrary> cudaLibraries, boolean gpuAsked) {

    /** @param asked the device that must work */
    public static Diagnosis of(Host host, Device asked) {
        String java = System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")";
        String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        boolean gpuAsked = asked instanceof Device.Cuda;
        Device gpu = gpuAsked ? asked : Device.cuda(0);
        RuntimeState runtime = RuntimeState.current(gpu);
        OperatorLibrary library = OperatorLibrary.current(Optional.of(gpu).filter(device -> runtime.cudaWorks()));
        return new Diagnosis(java, platform, runtime, RuntimeCache.on(host), library, Nvidia.on(host), GpuAccess.on(host),
                CudaLibrary.on(host), gpuAsked);
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
        return cpuWorks() && onnxRuntime.cudaWorks() && operatorLibrary.cudaProblem() == null;
    }

    /** Whether what must work does. */
    @JsonProperty
    public boolean works() {
        return cpuWorks() && (!gpuAsked || cudaWorks());
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
