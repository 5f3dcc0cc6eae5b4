package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A jar of a few libraries, unpacked by processes of their own: they can be killed. */
class LibraryCacheTest {
    /** How often to kill; {@code -Ddev.swiglu.kills=200} for a thorough run. */
    private static final int KILLS = Integer.getInteger("dev.swiglu.kills", 5);
    private static final int UNPACKING_MILLISECONDS = 100;
    private static final String LOCK = ".swiglu-ort.lock";
    private static final String FOLDER = "some/natives/";

    @TempDir
    private Path root;
    private Path cache;
    private Path jar;
    private final Map<String, byte[]> libraries = new TreeMap<>();

    /** Prints the folder of the libraries. */
    static final class Unpack {
        public static void main(String[] arguments) throws IOException {
            URI first = URI.create("jar:" + Path.of(arguments[0]).toUri() + "!/" + FOLDER + "liba.so");
            try (LibraryBundle bundle = LibraryBundle.inJar("some", first.toURL()).orElseThrow()) {
                System.out.println(LibraryCache.unpack(bundle));
            }
        }
    }

    @BeforeEach
    void writeJar() throws IOException {
        cache = root.resolve("cache");
        libraries.put("liba.so", random(10));
        libraries.put("libb.so", random(8 << 20));
        libraries.put("libc.so", random(100));
        jar = jar("some.jar", libraries);
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private Path jar(String name, Map<String, byte[]> contents) throws IOException {
        Path file = root.resolve(name);
        try (OutputStream out = Files.newOutputStream(file); JarOutputStream written = new JarOutputStream(out)) {
            for (Map.Entry<String, byte[]> library : contents.entrySet()) {
                written.putNextEntry(new JarEntry(FOLDER + library.getKey()));
                written.write(library.getValue());
            }
            written.putNextEntry(new JarEntry(FOLDER + "other/libd.so"));
            written.putNextEntry(new JarEntry("some/Other.class"));
        }
        return file;
    }

    private ChildJvm child() {
        return new ChildJvm().property(SwiGlu.CACHE_DIR, cache);
    }

    private Path unpacked(Path carrier) throws Exception {
        ChildJvm.Result result = child().run(Unpack.class, carrier);
        assertEquals(0, result.exitCode(), result.errors());
        return Path.of(result.output());
    }

    private void assertWhole(Path folder) throws IOException {
        assertEquals(List.copyOf(libraries.keySet()), names(folder));
        for (Map.Entry<String, byte[]> library : libraries.entrySet()) {
            Path file = folder.resolve(library.getKey());
            assertTrue(Arrays.equals(library.getValue(), Files.readAllBytes(file)), file.toString());
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)), file.toString());
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void unpacksOneFolderOfTheJarOnce() throws Exception {
        Path folder = unpacked(jar);
        assertWhole(folder);
        Object written = Files.getAttribute(folder.resolve("libb.so"), "unix:ino");
        assertEquals(folder, unpacked(jar));
        assertEquals(written, Files.getAttribute(folder.resolve("libb.so"), "unix:ino"), "a good folder is used as it is");

        Path moved = Files.move(jar, root.resolve("moved.jar"));
        assertEquals(folder, unpacked(moved), "the contents decide, not the jar's place or age");
        Map<String, byte[]> newer = new TreeMap<>(libraries);
        newer.put("libc.so", random(101));
        assertNotEquals(folder, unpacked(jar("newer.jar", newer)));
        assertWhole(folder);
    }

    @Test
    void repairsAFolderWithAMissingDamagedOrForeignFile() throws Exception {
        Path folder = unpacked(jar);
        Files.delete(folder.resolve("liba.so"));
        assertEquals(folder, unpacked(jar));
        assertWhole(folder);

        try (SeekableByteChannel channel = Files.newByteChannel(folder.resolve("libb.so"), StandardOpenOption.WRITE)) {
            channel.position(4 << 20).write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
        }
        unpacked(jar);
        assertWhole(folder);

        Files.setPosixFilePermissions(folder.resolve("libc.so"), PosixFilePermissions.fromString("rwxrwxrwx"));
        unpacked(jar);
        assertWhole(folder);
    }

    @Test
    void killedAtAnyMomentLeavesNothingThatALaterRunWouldUse() throws Exception {
        Path folder = unpacked(jar);
        Random random = new Random(7);
        for (int i = 0; i < KILLS; i++) {
            if (Files.exists(folder)) {
                deleteAll(folder);
            }
            FileTime before = Files.getLastModifiedTime(cache);
            Process process = child().start(Unpack.class, jar).process();
            boolean begun = false;
            while (!begun && !process.waitFor(1, TimeUnit.MILLISECONDS)) {
                begun = !Files.getLastModifiedTime(cache).equals(before);
            }
            process.waitFor(random.nextInt(UNPACKING_MILLISECONDS), TimeUnit.MILLISECONDS);
            process.destroyForcibly().waitFor();
            if (Files.exists(folder)) {
                assertWhole(folder);
            }
        }
        assertEquals(folder, unpacked(jar));
        assertWhole(folder);
        assertEquals(List.of(LOCK, folder.getFileName().toString()), names(cache), "what the killed ones left is gone");
    }

    private static void deleteAll(Path folder) throws IOException {
        for (String name : names(folder)) {
            Files.delete(folder.resolve(name));
        }
        Files.delete(folder);
    }

    @Test
    void processesThatStartTogetherUnpackOnce() throws Exception {
        List<ChildJvm.Running> children = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            children.add(child().start(Unpack.class, jar));
        }
        for (ChildJvm.Running started : children) {
            ChildJvm.Result result = started.await();
            assertEquals(0, result.exitCode(), result.errors());
            assertWhole(Path.of(result.output()));
        }
    }

    @Test
    void aFullDiskLeavesNothing() throws Exception {
        ChildJvm.Result result = child().limitFiles(1 << 10).run(Unpack.class, jar);
        assertNotEquals(0, result.exitCode());
        assertTrue(result.errors().contains(cache + " (-D" + SwiGlu.CACHE_DIR + "): "), result.errors());
        assertEquals(List.of(LOCK), names(cache));
    }

    @Test
    void aDamagedJarIsNotUnpacked() throws Exception {
        byte[] bytes = Files.readAllBytes(jar);
        bytes[bytes.length / 2] ^= 1;
        ChildJvm.Result result = child().run(Unpack.class, Files.write(jar, bytes));
        assertNotEquals(0, result.exitCode());
        assertFalse(names(cache).stream().anyMatch(name -> name.startsWith("some")), names(cache).toString());
    }
}
