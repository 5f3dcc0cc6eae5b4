package dev.swiglu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Starts a main class in a process of its own, for what can happen only once in a process, or could end it. */
final class ChildJvm {
    private final Map<String, String> properties = new TreeMap<>();
    private final Map<String, String> environment = new TreeMap<>();

    /** What the process left: {@code output} is its standard output without the last line break, {@code errors} its standard error. */
    record Result(int exitCode, String output, String errors) {}

    ChildJvm property(String name, Object value) {
        properties.put(name, value.toString());
        return this;
    }

    ChildJvm environment(String name, Object value) {
        environment.put(name, value.toString());
        return this;
    }

    /** Runs to the end. */
    Result run(Class<?> main, Object... arguments) throws IOException, InterruptedException {
        return start(main, arguments).await();
    }

    Running start(Class<?> main, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), main.getName()));
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

    record Running(Process process, Path output, Path errors) {
        Result await() throws IOException, InterruptedException {
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
