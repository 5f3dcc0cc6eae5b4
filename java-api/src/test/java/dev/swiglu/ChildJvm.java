package dev.swiglu;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Starts a main class in a process of its own, for what can happen only once in a process, or could end it. */
public final class ChildJvm {
    private final Map<String, String> properties = new TreeMap<>();
    private final Map<String, String> environment = new TreeMap<>();

    private final List<String> launcher = new ArrayList<>();
    private String classPath = System.getProperty("java.class.path");

    /** What the process left: {@code output} is its standard output without the last line break, {@code errors} its standard error. */
    public record Result(int exitCode, String output, String errors) {}

    public ChildJvm property(String name, Object value) {
        properties.put(name, value.toString());
        return this;
    }

    public ChildJvm environment(String name, Object value) {
        environment.put(name, value.toString());
        return this;
    }

    /** Makes writes fail beyond so many KiB of a file, as they do on a full disk. */
    public ChildJvm limitFiles(int kib) {
        launcher.addAll(List.of("bash", "-c", "ulimit -f " + kib + "; exec \"$@\"", "limited"));
        return this;
    }

    /** Puts {@code jar} in place of every file on the class path whose name starts with {@code prefix}. */
    public ChildJvm replaceOnClassPath(String prefix, Path jar) {
        classPath = Arrays.stream(classPath.split(File.pathSeparator))
                .map(entry -> Path.of(entry).getFileName().toString().startsWith(prefix) ? jar.toString() : entry)
                .collect(Collectors.joining(File.pathSeparator));
        return this;
    }

    public ChildJvm firstOnClassPath(Path jar) {
        classPath = jar + File.pathSeparator + classPath;
        return this;
    }

    /** Runs to the end. */
    public Result run(Class<?> main, Object... arguments) throws IOException, InterruptedException {
        return start(main, arguments).await();
    }

    public Running start(Class<?> main, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(launcher);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", classPath, main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        Path output = Files.createTempFile("child", ".out");
        Path errors = Files.createTempFile("child", ".err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
        builder.environment().remove("XDG_CACHE_HOME");
        builder.environment().putAll(environment);
        return new Running(builder.start(), output, errors);
    }

    public record Running(Process process, Path output, Path errors) {
        public Result await() throws IOException, InterruptedException {
            try {
                int exitCode = process.waitFor();
                return new Result(exitCode, Files.readString(output, StandardCharsets.UTF_8).stripTrailing(),
                        Files.readString(errors, StandardCharsets.UTF_8));
            } finally {
                Files.deleteIfExists(output);
                Files.deleteIfExists(errors);
            }
        }
    }
}
