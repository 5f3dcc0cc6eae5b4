package dev.swiglu.tools;

import dev.swiglu.tools.cli.Main;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The command line in a process of its own, which can be limited and killed. */
public final class ChildRun {
    private ChildRun() {
    }

    public static Process start(List<String> jvmOptions, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        return start(command);
    }

    /** @param blocks the largest file that the process may write, in units of 1024 bytes */
    public static CommandRun withFileLimit(int blocks, Object... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", "-c", "ulimit -f " + blocks + "; exec \"$@\"", "limited",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:-UsePerfData",
                "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        return finished(start(command));
    }

    public static CommandRun run(List<String> jvmOptions, Object... arguments) throws Exception {
        return finished(start(jvmOptions, arguments));
    }

    /** What the process answered; its two streams together are {@link CommandRun#err}. */
    public static CommandRun finished(Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes());
        return new CommandRun(process.waitFor(), "", output);
    }

    private static Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }
}
