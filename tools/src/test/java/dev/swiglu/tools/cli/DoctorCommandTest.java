package dev.swiglu.tools.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.swiglu.SwiGlu;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DoctorCommandTest {
    private final StringWriter out = new StringWriter();

    private int doctor(String... options) {
        CommandLine commandLine = Main.commandLine().setOut(new PrintWriter(out));
        String[] arguments = new String[options.length + 1];
        arguments[0] = "doctor";
        System.arraycopy(options, 0, arguments, 1, options.length);
        return commandLine.execute(arguments);
    }

    @Test
    void saysThatTheCpuWorks() {
        assertEquals(0, doctor());
        assertTrue(out.toString().contains(SwiGlu.library() + ", registers and runs"), out.toString());
        assertTrue(out.toString().contains("providers: CPU"), out.toString());
    }

    @Test
    void printsData() throws Exception {
        assertEquals(0, doctor("--json"));
        JsonNode json = new ObjectMapper().readTree(out.toString());
        assertEquals(1, json.path("schema").asInt());
        assertTrue(json.path("cpu_works").asBoolean());
        assertEquals(SwiGlu.library().toString(), json.path("operator_library").path("path").asText());
        assertTrue(json.path("onnx_runtime").path("version").asText().matches("1\\.\\d+\\.\\d+"), json.toString());
        assertEquals("libcudart", json.path("cuda_libraries").path(0).path("name").asText());
        assertTrue(json.path("nvidia").has("driver") && json.path("advice").isArray(), json.toString());
    }

    @Test
    void aGpuThatWasAskedForAndIsNotThereIsAFailure() throws Exception {
        assertEquals(6, doctor("--device", "cuda:7", "--json"));
        JsonNode json = new ObjectMapper().readTree(out.toString());
        assertTrue(json.path("cpu_works").asBoolean() && !json.path("works").asBoolean(true), json.toString());
        assertTrue(json.path("gpu_asked").asBoolean() && json.path("advice").size() > 0, json.toString());
        assertTrue(json.path("runtime_cache").path("loaded_from").isTextual(), json.toString());
    }

    @Test
    void answersWithTheExitCodeOfAMissingLibrary(@TempDir Path folder) throws Exception {
        Path missing = folder.resolve("missing.so");
        Process doctor = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-D" + SwiGlu.LIBRARY_PATH + "=" + missing, "-cp", System.getProperty("java.class.path"),
                Main.class.getName(), "doctor").redirectErrorStream(true).start();
        String printed = new String(doctor.getInputStream().readAllBytes());
        assertEquals(6, doctor.waitFor(), printed);
        assertTrue(printed.contains(missing + ", which is not a readable file"), printed);
        assertTrue(printed.contains("works on          nothing"), printed);
    }
}
