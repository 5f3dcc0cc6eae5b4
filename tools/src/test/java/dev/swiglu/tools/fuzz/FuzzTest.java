package dev.swiglu.tools.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import dev.swiglu.tools.CommandRun;
import dev.swiglu.tools.ModelBuilder;
import dev.swiglu.tools.cli.Main;
import dev.swiglu.tools.onnx.ModelFile;
import dev.swiglu.tools.verify.Exports;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * Mutated models, each from its own seed: a rewrite ends in a result that passes every check and can be restored, or in a
 * refusal of one sentence; soon, and in little memory. Many more than the build takes:
 * {@code mvn test -Dtest=FuzzTest -Dsurefire.failIfNoSpecifiedTests=false -Ddev.swiglu.fuzz=100000}, with
 * {@code -Ddev.swiglu.fuzz.keep=FOLDER} for what fails.
 */
class FuzzTest {
    private static final int COUNT = Integer.getInteger("dev.swiglu.fuzz", 300);
    private static final int FIRST = Integer.getInteger("dev.swiglu.fuzz.first", 0);
    private static final String KEEP = System.getProperty("dev.swiglu.fuzz.keep");
    private static final Set<Integer> EXITS = Set.of(0, 3, 5, 7);
    private static final int LARGE_SHARE = 20;
    private static final double MOST_SECONDS = 5;
    private static final long MOST_BYTES = 1L << 30;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    /** Making one takes longer than most of the rewrites. */
    private final ThreadLocal<CommandLine> commandLine = ThreadLocal.withInitial(Main::commandLine);
    private final Map<Integer, Integer> exits = new ConcurrentSkipListMap<>();
    private final Map<String, Double> worst = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    @TempDir
    private Path root;

    @Test
    void everyMutatedModelIsRewrittenOrRefused() throws IOException {
        List<byte[]> models = models();
        IntStream.range(FIRST, FIRST + COUNT).parallel().forEach(seed -> {
            Random random = new Random(seed * 0x9e3779b97f4a7c15L);
            byte[] model = models.get(random.nextInt(LARGE_SHARE) == 0 ? 0 : 1 + random.nextInt(models.size() - 1));
            examine(seed, Mutation.any(model, random));
        });
        System.out.println("fuzz: exit codes " + exits + ", worst " + worst);
        assertEquals(List.of(), List.copyOf(failures));
    }

    /** The first one is real and large. */
    private static List<byte[]> models() throws IOException {
        return List.of(Files.readAllBytes(Exports.path(Exports.LLAMA)),
                ModelBuilder.swiglu().build().toByteArray(),
                ModelBuilder.projections().silu("g", "a").node("Mul", "Y", "a", "u").node("Relu", "Z", "Y").flag("c")
                        .branch("B", "c", new ModelBuilder().silu("g", "b").node("Mul", "B1", "b", "u").output("B1", 2, 16),
                                new ModelBuilder().node("Mul", "B2", "g", "u").output("B2", 2, 16))
                        .output("B", 2, 16).output("Z", 2, 16).build().toByteArray(),
                new ModelBuilder().input("X", 2, 8).external("Wg", "data", 0, 8, 16).external("Wu", "data", 64, 8, 16)
                        .node("MatMul", "g", "X", "Wg").node("MatMul", "u", "X", "Wu").silu("g", "a").node("Mul", "Y", "a", "u")
                        .output("Y", 2, 16).build().toByteArray(),
                rewritten(ModelBuilder.swiglu().build().toByteArray()));
    }

    private static byte[] rewritten(byte[] model) throws IOException {
        Path folder = Files.createTempDirectory("fuzz");
        Path file = Files.write(folder.resolve("model.onnx"), model);
        Path output = folder.resolve("out.onnx");
        CommandRun.of("rewrite", file, output).succeeded();
        byte[] result = Files.readAllBytes(output);
        Files.delete(output);
        Files.delete(file);
        Files.delete(folder);
        return result;
    }

    private void examine(int seed, byte[] model) {
        try {
            Path folder = Files.createDirectory(root.resolve(String.valueOf(seed)));
            Files.write(folder.resolve("data"), new byte[1024]);
            Path file = Files.write(folder.resolve("model.onnx"), model);
            Path output = folder.resolve("out.onnx");
            if (examine(seed, model, "rewrite", file, output) == 0) {
                examine(seed, model, "restore", output, folder.resolve("restored.onnx"));
                ModelFile.read(output);
                ModelFile.read(folder.resolve("restored.onnx"));
            }
            for (String name : List.of("out.onnx", "restored.onnx", "data", "model.onnx")) {
                Files.deleteIfExists(folder.resolve(name));
            }
            Files.delete(folder);
        } catch (Throwable failure) {
            fail(seed, model, failure.toString());
        }
    }

    private int examine(int seed, byte[] model, Object... command) {
        long allocated = threads.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        CommandRun run = run(command);
        double seconds = (System.nanoTime() - start) / 1e9;
        allocated = threads.getCurrentThreadAllocatedBytes() - allocated;
        exits.merge(run.exit(), 1, Integer::sum);
        worst.merge("seconds", seconds, Math::max);
        worst.merge("megabytes allocated", allocated / 1e6, Math::max);
        boolean clear = EXITS.contains(run.exit()) && run.err().lines().count() <= 3 && !run.err().contains("\tat ")
                && !run.err().contains("internal error");
        if (!clear || seconds > MOST_SECONDS || allocated > MOST_BYTES) {
            fail(seed, model, command[0] + " exit " + run.exit() + " after " + seconds + " s and " + allocated + " bytes: " + run.err());
        }
        return run.exit();
    }

    private CommandRun run(Object... command) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = commandLine.get().setOut(new PrintWriter(out)).setErr(new PrintWriter(err))
                .execute(Stream.of(command).map(Object::toString).toArray(String[]::new));
        return new CommandRun(exit, out.toString(), err.toString());
    }

    private void fail(int seed, byte[] model, String why) {
        failures.add(seed + ": " + why);
        if (KEEP != null) {
            try {
                Files.write(Path.of(KEEP, seed + ".onnx"), model);
            } catch (IOException e) {
                failures.add(e.toString());
            }
        }
    }
}
