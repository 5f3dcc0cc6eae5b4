package dev.swiglu.tools.doctor;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * ONNX Runtime's libraries, which are kept unpacked from one start to the next.
 *
 * @param loadedFrom the folder that this process has loaded them from; null when they are not loaded
 * @param kept whether that folder is in the cache
 * @param others what is in the cache for other releases of ONNX Runtime
 */
public record RuntimeCache(String loadedFrom, boolean kept, List<Unpacked> others) {
    /** ONNX Runtime's own temporary folders have other names: {@code onnxruntime-java} and a number. */
    private static final Pattern KEPT = Pattern.compile("onnxruntime-[0-9a-f]{16}");

    public record Unpacked(String folder, long bytes) {}

    static RuntimeCache on(Host host) {
        Optional<Path> folder = ProviderNeeds.runtimeFolder(host).map(Path::of);
        boolean kept = folder.isPresent() && isKept(folder.get());
        List<Unpacked> others = !kept ? List.of() : host.entries(belowRoot(host, folder.get().getParent())).stream()
                .filter(entry -> isKept(entry) && !entry.equals(folder.get()))
                .map(entry -> new Unpacked(entry.toString(), bytes(host, entry))).toList();
        return new RuntimeCache(folder.map(Path::toString).orElse(null), kept, others);
    }

    private static boolean isKept(Path folder) {
        return KEPT.matcher(folder.getFileName().toString()).matches();
    }

    private static String belowRoot(Host host, Path folder) {
        return host.root().relativize(folder).toString();
    }

    private static long bytes(Host host, Path folder) {
        return host.entries(belowRoot(host, folder)).stream().mapToLong(file -> file.toFile().length()).sum();
    }
}
