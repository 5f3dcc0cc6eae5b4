package dev.swiglu.tools.doctor;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One of the CUDA libraries that ONNX Runtime's CUDA provider loads.
 *
 * @param needed the name with the version that the provider asks for; null where that is not known
 * @param found its files, of any version, in folders that the dynamic loader searches, in that order
 * @param elsewhere its files in the usual folders of CUDA and of Python's packages, which the loader does not search by itself
 */
public record CudaLibrary(String name, String needed, List<String> found, List<String> elsewhere) {
    private static final List<String> NAMES =
            List.of("libcudart", "libcublas", "libcublasLt", "libcurand", "libcufft", "libcudnn");

    /** Those that the provider needs, or all that it may need where it cannot be asked. */
    public static List<CudaLibrary> on(Host host) {
        LibraryFolders folders = LibraryFolders.on(host);
        Optional<ProviderNeeds> needs = ProviderNeeds.on(host).filter(answer -> !answer.files().isEmpty());
        return NAMES.stream().filter(name -> needs.isEmpty() || needs.get().fullName(name).isPresent())
                .map(name -> of(name, needs, host, folders)).toList();
    }

    private static CudaLibrary of(String name, Optional<ProviderNeeds> needs, Host host, LibraryFolders folders) {
        Optional<String> needed = needs.flatMap(answer -> answer.fullName(name));
        Set<String> found = new LinkedHashSet<>();
        needed.flatMap(full -> needs.get().files().get(full)).ifPresent(found::add);
        found.addAll(files(host, folders.searched(), name));
        List<String> elsewhere = files(host, folders.others(), name).stream().filter(file -> !found.contains(file)).toList();
        return new CudaLibrary(name, needed.orElse(null), List.copyOf(found), elsewhere);
    }

    private static Set<String> files(Host host, Iterable<String> folders, String name) {
        Set<String> files = new LinkedHashSet<>();
        for (String folder : folders) {
            host.entries(folder).stream().filter(file -> isMajorVersion(file.getFileName().toString(), name))
                    .map(Path::toString).forEach(files::add);
        }
        return files;
    }

    /** Programs are linked against {@code libcudart.so.12}; the names around it are for compilers and packagers. */
    private static boolean isMajorVersion(String file, String name) {
        return file.matches(name + "\\.so\\.\\d+");
    }

    /** The file that the loader takes. */
    Optional<String> usable() {
        return found.stream().filter(this::fits).findFirst();
    }

    Optional<String> usableElsewhere() {
        return elsewhere.stream().filter(this::fits).findFirst();
    }

    /** One of another version: not a replacement, but most often the reason why people think that it is there. */
    Optional<String> ofAnotherVersion() {
        return found.stream().filter(file -> !fits(file)).findFirst()
                .or(() -> elsewhere.stream().filter(file -> !fits(file)).findFirst());
    }

    private boolean fits(String file) {
        return needed == null || Path.of(file).getFileName().toString().equals(needed);
    }
}
