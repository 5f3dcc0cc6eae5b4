package dev.swiglu.tools.doctor;

import java.util.List;
import java.util.Set;

/**
 * Whether this process may reach the machine's GPUs.
 *
 * @param deviceFiles whether there is a {@code /dev/nvidia0} or its like, or Windows' {@code /dev/dxg}
 * @param container whether this is a container
 * @param visibleDevices the variable {@code CUDA_VISIBLE_DEVICES}; null when it is not set
 */
public record GpuAccess(boolean deviceFiles, boolean container, String visibleDevices) {
    private static final List<String> CONTAINER_FILES = List.of(".dockerenv", "run/.containerenv");
    private static final Set<String> NONE_VISIBLE = Set.of("", "-1", "NoDevFiles", "none", "void");

    public static GpuAccess on(Host host) {
        boolean deviceFiles = host.entries("dev").stream().anyMatch(file -> file.getFileName().toString().matches("nvidia\\d+|dxg"));
        boolean container = CONTAINER_FILES.stream().anyMatch(file -> host.text(file).isPresent())
                || host.environment().containsKey("KUBERNETES_SERVICE_HOST");
        return new GpuAccess(deviceFiles, container, host.environment().get("CUDA_VISIBLE_DEVICES"));
    }

    boolean isHidden() {
        return visibleDevices != null && NONE_VISIBLE.contains(visibleDevices.strip());
    }
}
