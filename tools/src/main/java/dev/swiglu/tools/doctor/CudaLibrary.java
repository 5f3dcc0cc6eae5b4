package dev.swiglu.tools.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * One of the CUDA libraries that ONNX Runtime's CUDA provider loads.
 *
 * @param found its files in folders that the dynamic loader searches, in that order
 * @param elsewhere its files in CUDA's usual folders, which the loader does not search by itself
 */
public record CudaLibrary(String name, List<String> found, List<String> elsewhere) {
    private static final List<String> NEEDED = List.of("libcudart", "libcublas", "libcublasLt", "libcudnn");
    private static final List<String> SYSTEM_FOLDERS =
            List.of("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64", "lib", "usr/lib");
    private static final List<String> CUDA_FOLDERS =
            List.of("usr/local/cuda/lib64", "usr/local/cuda-12/lib64", "usr/local/cuda-13/lib64");

    public static List<CudaLibrary> on(Host host) {
        Set<String> searched = new LinkedHashSet<>();
        Arrays.stream(host.environment().getOrDefault("LD_LIBRARY_PATH", "").split(":")).filter(folder -> !folder.isEmpty())
                .map(CudaLibrary::belowRoot).forEach(searched::add);
        List<Path> configured = configured(host);
        configured.stream().map(Path::getParent).filter(Objects::nonNull).map(folder -> belowRoot(folder.toString()))
                .forEach(searched::add);
        searched.addAll(SYSTEM_FOLDERS);
        return NEEDED.stream().map(name -> of(name, host, searched)).toList();
    }

    private static CudaLibrary of(String name, Host host, Set<String> searched) {
        List<String> found = files(host, searched, name);
        List<String> elsewhere = files(host, CUDA_FOLDERS, name).stream().filter(file -> !found.contains(file)).toList();
        return new CudaLibrary(name, found, elsewhere);
    }

    /** The files that the loader's cache knows, from lines such as {@code libcudart.so.12 (libc6,x86-64) => /path/libcudart.so.12}. */
    private static List<Path> configured(Host host) {
        List<Path> files = new ArrayList<>();
        for (String line : host.commands().output(List.of("ldconfig", "-p")).orElse("").split("\\R")) {
            int arrow = line.indexOf("=> ");
            if (arrow >= 0 && NEEDED.stream().anyMatch(name -> line.strip().startsWith(name + ".so"))) {
                files.add(Path.of(line.substring(arrow + 3).strip()));
            }
        }
        return files;
    }

    private static String belowRoot(String folder) {
        return folder.startsWith("/") ? folder.substring(1) : folder;
    }

    private static List<String> files(Host host, Iterable<String> folders, String name) {
        Set<String> files = new LinkedHashSet<>();
        for (String folder : folders) {
            host.entries(folder).stream().filter(file -> isMajorVersion(file.getFileName().toString(), name))
                    .map(Path::toString).forEach(files::add);
        }
        return List.copyOf(files);
    }

    /** Programs are linked against {@code libcudart.so.12}; the names around it are for compilers and packagers. */
    private static boolean isMajorVersion(String file, String name) {
        return file.matches(name + "\\.so\\.\\d+");
    }
}
