package dev.swiglu.tools.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
        assertEquals(new Nvidia(null, false, List.of()), Nvidia.on(host(Map.of(), Map.of("nvidia-smi", "No devices were found\n"))));
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
                new CudaLibrary("libcudart", null, List.of(named.toString()), List.of()),
                new CudaLibrary("libcublas", null, List.of(cached.toString()), List.of()),
                new CudaLibrary("libcublasLt", null, List.of(), List.of(unseen.toString())),
                new CudaLibrary("libcurand", null, List.of(), List.of()),
                new CudaLibrary("libcufft", null, List.of(), List.of()),
                new CudaLibrary("libcudnn", null, List.of(system.toString()), List.of())), CudaLibrary.on(host));
    }

    @Test
    void asksTheLoaderWhatTheCudaProviderNeeds() throws Exception {
        Path wrong = file("usr/lib/libcublasLt.so.13", "");
        Path python = file("root/.local/lib/python3.11/site-packages/nvidia/cublas/lib/libcublasLt.so.12", "");
        file("proc/self/maps", "7f00-7f01 r-xp 00000000 fe:00 1    /cache/onnxruntime-0123456789abcdef/libonnxruntime.so\n");
        List<String> asked = new ArrayList<>();
        Host host = new Host(root, Map.of("HOME", "/root"), command -> {
            asked.addAll(command);
            return Optional.of(command.get(0)).filter("ldd"::equals).map(ldd -> "\tlibcublasLt.so.12 => not found\n"
                    + "\tlibcudart.so.12 => /opt/libcudart.so.12 (0x00007f10)\n\tlibc.so.6 => /lib/libc.so.6 (0x00007f11)\n");
        });
        assertEquals(List.of(
                new CudaLibrary("libcudart", "libcudart.so.12", List.of("/opt/libcudart.so.12"), List.of()),
                new CudaLibrary("libcublasLt", "libcublasLt.so.12", List.of(wrong.toString()), List.of(python.toString()))),
                CudaLibrary.on(host));
        assertTrue(asked.contains("/cache/onnxruntime-0123456789abcdef/libonnxruntime_providers_cuda.so"), asked.toString());
    }

    @Test
    void seesWhetherTheGpuCanBeReached() throws Exception {
        assertEquals(new GpuAccess(false, false, null), GpuAccess.on(host(Map.of(), Map.of())));
        file("dev/nvidiactl", "");
        file("run/.containerenv", "");
        assertEquals(new GpuAccess(false, true, null), GpuAccess.on(host(Map.of(), Map.of())));
        file("dev/nvidia3", "");
        assertEquals(new GpuAccess(true, true, "0,1"), GpuAccess.on(host(Map.of("CUDA_VISIBLE_DEVICES", "0,1"), Map.of())));
    }

    @Test
    void seesWhereOnnxRuntimeWasLoadedFrom() throws Exception {
        assertEquals(new RuntimeCache(null, false, List.of()), RuntimeCache.on(host(Map.of(), Map.of())));
        Path used = file("cache/onnxruntime-0123456789abcdef/libonnxruntime.so", "");
        Path other = file("cache/onnxruntime-fedcba9876543210/libonnxruntime.so", "four");
        file("cache/operators-0123456789abcdef/libswiglu_ort.so", "");
        file("proc/self/maps", "7f00-7f01 r-xp 00000000 fe:00 1    " + used + "\n");
        assertEquals(new RuntimeCache(used.getParent().toString(), true,
                List.of(new RuntimeCache.Unpacked(other.getParent().toString(), 4))), RuntimeCache.on(host(Map.of(), Map.of())));

        file("proc/self/maps", "7f00-7f01 r-xp 00000000 fe:00 1    /tmp/onnxruntime-java1234567890/libonnxruntime.so\n");
        assertEquals(new RuntimeCache("/tmp/onnxruntime-java1234567890", false, List.of()),
                RuntimeCache.on(host(Map.of(), Map.of())));
    }

    @Test
    void aProgramThatIsMissingOrFailsSaysNothing() {
        Host.Commands commands = Host.current().commands();
        assertEquals(Optional.of("here\n"), commands.output(List.of("echo", "here")));
        assertEquals(Optional.empty(), commands.output(List.of("no-such-program")));
        assertEquals(Optional.empty(), commands.output(List.of("false")));
    }
}
