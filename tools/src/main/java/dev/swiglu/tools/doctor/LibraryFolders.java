package dev.swiglu.tools.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Folders, relative to the root, in which CUDA's libraries may be.
 *
 * @param searched by the dynamic loader, in that order
 * @param others where CUDA and Python's packages put them, and the loader does not look by itself
 */
record LibraryFolders(Set<String> searched, Set<String> others) {
    private static final List<String> SYSTEM =
            List.of("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64", "lib", "usr/lib");
    private static final List<String> PYTHON_PARENTS = List.of("usr/lib", "usr/local/lib");
    private static final List<String> PYTHON_VARIABLES = List.of("VIRTUAL_ENV", "CONDA_PREFIX");
    private static final List<String> PYTHON_PACKAGES = List.of("site-packages", "dist-packages");

    static LibraryFolders on(Host host) {
        Set<String> searched = new LinkedHashSet<>();
        Arrays.stream(host.environment().getOrDefault("LD_LIBRARY_PATH", "").split(":")).filter(folder -> !folder.isEmpty())
                .map(LibraryFolders::belowRoot).forEach(searched::add);
        configured(host).stream().map(Path::getParent).filter(Objects::nonNull).map(folder -> belowRoot(folder.toString()))
                .forEach(searched::add);
        searched.addAll(SYSTEM);
        Set<String> others = new LinkedHashSet<>(cuda(host));
        others.addAll(python(host));
        return new LibraryFolders(searched, others);
    }

    /** What the loader's cache knows, from lines such as {@code libcudart.so.12 (libc6,x86-64) => /path/libcudart.so.12}. */
    private static List<Path> configured(Host host) {
        List<Path> files = new ArrayList<>();
        for (String line : host.commands().output(List.of("ldconfig", "-p")).orElse("").split("\\R")) {
            int arrow = line.indexOf("=> ");
            if (arrow >= 0 && line.strip().startsWith("libcu")) {
                files.add(Path.of(line.substring(arrow + 3).strip()));
            }
        }
        return files;
    }

    private static List<String> cuda(Host host) {
        List<String> folders = new ArrayList<>();
        for (String installation : named("cuda.*", host, "usr/local")) {
            folders.add(installation + "/lib64");
            folders.add(installation + "/targets/x86_64-linux/lib");
        }
        return folders;
    }

    /** Python's packages of NVIDIA's keep them in {@code nvidia/cublas/lib}, {@code nvidia/cu13/lib} and their like. */
    private static List<String> python(Host host) {
        List<String> parents = new ArrayList<>(PYTHON_PARENTS);
        PYTHON_VARIABLES.stream().map(host.environment()::get).filter(Objects::nonNull).filter(folder -> !folder.isEmpty())
                .forEach(folder -> parents.add(belowRoot(folder) + "/lib"));
        String home = host.environment().get("HOME");
        if (home != null) {
            parents.add(belowRoot(home) + "/.local/lib");
        }
        List<String> folders = new ArrayList<>();
        for (String parent : parents) {
            for (String python : named("python3.*", host, parent)) {
                for (String packages : PYTHON_PACKAGES) {
                    named(".*", host, python + "/" + packages + "/nvidia").forEach(folder -> folders.add(folder + "/lib"));
                }
            }
        }
        return folders;
    }

    private static List<String> named(String pattern, Host host, String parent) {
        return host.entries(parent).stream().filter(entry -> entry.getFileName().toString().matches(pattern))
                .map(entry -> host.root().relativize(entry).toString()).toList();
    }

    private static String belowRoot(String folder) {
        return folder.startsWith("/") ? folder.substring(1) : folder;
    }
}
