package dev.swiglu.tools.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the doctor reads from a machine, on machines made of a few files. */
class HostTest {

    @TempDir
    private Path folder;
    private Path root;

    @BeforeEach
    void resolveLinks() throws Exception {
        root = folder.toRealPath();
    }

    private Host host(Map<String, String> environment, Map<String, String> outputs) {
        return new Host(root, environment, command -> Optional.ofNullable(outputs.get(command.get(0))));
    }

    private Path file(String path, String text) throws Exception {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    @Test
    void readsNvidiaSmi() {
        Nvidia nvidia = Nvidia.on(host(Map.of(), Map.of("nvidia-smi",
                "NVIDIA H200, 143771 MiB, 570.86.15\nNVIDIA L4, 23034 MiB, 570.86.15\n")));
        assertEquals("570.86.15", nvidia.driver());
        assertEquals(List.of(new Nvidia.Gpu("NVIDIA H200", "143771 MiB"), new Nvidia.Gpu("NVIDIA L4", "23034 MiB")), nvidia.gpus());
    }

    @Test
    void readsTheKernelModuleWhereNvidiaSmiIsMissing() throws Exception {
        file("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build\n");
        file("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H200\nIRQ:   \t\t 16\n");
        Nvidia nvidia = Nvidia.on(host(Map.of(), Map.of()));
        assertEquals("550.54.14", nvidia.driver());
        assertEquals(List.of(new Nvidia.Gpu("NVIDIA H200", null)), nvidia.gpus());

        file("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n");
        assertEquals("535.104.05", Nvidia.on(host(Map.of(), Map.of())).driver());
    }

    @Test
    void seesAGpuWithoutADriver() throws Exception {
        file("sys/bus/pci/devices/0000:02:00.0/vendor", "0x8086\n");
        file("sys/bus/pci/devices/0000:02:00.0/class", "0x030000\n");
        assertFalse(Nvidia.on(host(Map.of(), Map.of())).hardware(), "another maker's GPU");
        file("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
        file("sys/bus/pci/devices/0000:01:00.0/class", "0x020700\n");
        assertFalse(Nvidia.on(host(Map.of(), Map.of())).hardware(), "NVIDIA's, and no GPU");
        file("sys/bus/pci/devices/0000:01:00.0/class", "0x030200\n");
        Nvidia nvidia = Nvidia.on(host(Map.of(), Map.of()));
        assertTrue(nvidia.hardware());
        assertNull(nvidia.driver());
    }

    @Test
    void findsCudaLibrariesWhereTheLoaderLooks() throws Exception {
        Path named = file("opt/cuda/libcudart.so.12", "");
        Path cached = file("srv/cuda/libcublas.so.12", "");
        Path system = file("usr/lib/x86_64-linux-gnu/libcudnn.so.9", "");
        file("usr/lib/x86_64-linux-gnu/libcudnn.so", "");
        Files.createDirectories(root.resolve("usr/local/cuda"));
        Files.createSymbolicLink(root.resolve("usr/local/cuda-12"), root.resolve("usr/local/cuda"));
        Path unseen = file("usr/local/cuda/lib64/libcublasLt.so.12", "");
        Files.createSymbolicLink(root.resolve("lib"), root.resolve("usr/lib"));
        Host host = host(Map.of("LD_LIBRARY_PATH", ":/opt/cuda"),
                Map.of("ldconfig", "1 libs found\n\tlibcublas.so.12 (libc6,x86-64) => /srv/cuda/libcublas.so.12\n"));
        assertEquals(List.of(
                new CudaLibrary("libcudart", List.of(named.toString()), List.of()),
                new CudaLibrary("libcublas", List.of(cached.toString()), List.of()),
                new CudaLibrary("libcublasLt", List.of(), List.of(unseen.toString())),
                new CudaLibrary("libcudnn", List.of(system.toString()), List.of())), CudaLibrary.on(host));
    }

    @Test
    void aProgramThatIsMissingOrFailsSaysNothing() {
        Host.Commands commands = Host.current().commands();
        assertEquals(Optional.of("here\n"), commands.output(List.of("echo", "here")));
        assertEquals(Optional.empty(), commands.output(List.of("no-such-program")));
        assertEquals(Optional.empty(), commands.output(List.of("false")));
    }
}
