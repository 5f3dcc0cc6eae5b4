package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each case is a process of its own, because a process finds the library once. */
class NativeLibraryTest {
    private static final int OF_ANOTHER_USER = 12345;

    @TempDir
    private Path folder;

    /** Prints where the library is, or fails with the sentence. */
    static final class Locate {
        public static void main(String[] arguments) {
            System.out.println(SwiGlu.library());
        }
    }

    private Path located(ChildJvm child) throws Exception {
        ChildJvm.Result result = child.run(Locate.class);
        assertEquals(0, result.exitCode(), result.errors());
        return Path.of(result.output());
    }

    private String refusal(ChildJvm child) throws Exception {
        ChildJvm.Result result = child.run(Locate.class);
        assertNotEquals(0, result.exitCode(), result.output());
        assertTrue(result.errors().contains(NativeLibraryException.class.getName()), result.errors());
        return result.errors();
    }

    private ChildJvm relocated() {
        return new ChildJvm().property(SwiGlu.CACHE_DIR, folder.resolve("cache"));
    }

    private static byte[] carried() throws Exception {
        try (InputStream resource = SwiGlu.class.getResourceAsStream("natives/libswiglu_ort.so")) {
            return resource.readAllBytes();
        }
    }

    private static void assertSafe(Path library) throws Exception {
        assertArrayEquals(carried(), Files.readAllBytes(library));
        for (Path path : List.of(library, library.getParent())) {
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)), path.toString());
        }
        try (Stream<Path> entries = Files.list(library.getParent())) {
            assertEquals(List.of(library), entries.toList(), "nothing unfinished stays");
        }
    }

    @Test
    void unpacksBelowTheHomeFolder() throws Exception {
        Path library = located(new ChildJvm().property("user.home", folder));
        assertTrue(library.startsWith(folder.resolve(".cache/swiglu-ort")), library.toString());
        assertSafe(library);
    }

    @Test
    void followsTheXdgVariable() throws Exception {
        Path library = located(new ChildJvm().property("user.home", "/nowhere").environment("XDG_CACHE_HOME", folder));
        assertTrue(library.startsWith(folder.resolve("swiglu-ort")), library.toString());
    }

    @Test
    void takesExactlyTheFileThatTheOverrideNames() throws Exception {
        Path mine = Files.write(folder.resolve("mine.so"), carried());
        assertEquals(mine, located(relocated().property(SwiGlu.LIBRARY_PATH, mine)));
        assertFalse(Files.exists(folder.resolve("cache")), "nothing is unpacked");
    }

    @Test
    void anOverrideThatNamesNoFileIsRefused() throws Exception {
        String sentence = refusal(relocated().property(SwiGlu.LIBRARY_PATH, folder.resolve("missing.so")));
        assertTrue(sentence.contains("missing.so, which is not a readable file"), sentence);
        assertFalse(Files.exists(folder.resolve("cache")), "no other place is tried");
    }

    @Test
    void reusesAGoodFileAndRepairsADamagedOne() throws Exception {
        Path library = located(relocated());
        Object written = Files.getAttribute(library, "unix:ino");
        assertEquals(library, located(relocated()));
        assertEquals(written, Files.getAttribute(library, "unix:ino"), "a good file is used as it is");

        byte[] damaged = carried();
        damaged[damaged.length / 2] ^= 1;
        Files.write(library, damaged);
        assertEquals(library, located(relocated()));
        assertSafe(library);

        Files.write(library, Arrays.copyOf(damaged, 10));
        located(relocated());
        assertSafe(library);
    }

    @Test
    void replacesWhatOthersCouldChange() throws Exception {
        Path library = located(relocated());
        Files.setPosixFilePermissions(library.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rwxrw-rw-"));
        Object writable = Files.getAttribute(library, "unix:ino");
        located(relocated());
        assertNotEquals(writable, Files.getAttribute(library, "unix:ino"), "whoever has the old file open must not reach the new one");
        assertSafe(library);

        Path elsewhere = Files.move(library, folder.resolve("elsewhere.so"));
        Files.createSymbolicLink(library, elsewhere);
        located(relocated());
        assertTrue(Files.isRegularFile(library, LinkOption.NOFOLLOW_LINKS), "a link is replaced, not followed");
    }

    @Test
    void refusesAFolderInWhichOthersCanExchangeTheFile() throws Exception {
        Path open = Files.createDirectory(folder.resolve("cache"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        String sentence = refusal(relocated());
        assertTrue(sentence.contains("other users can replace files in " + open), sentence);
        try (Stream<Path> entries = Files.list(open)) {
            assertEquals(0, entries.count());
        }
    }

    @Test
    void refusesAFolderOfAnotherUser() throws Exception {
        assumeTrue(FileOwnership.currentUser() == 0, "only root can give files away");
        Path library = located(relocated());
        Files.setAttribute(library.getParent(), "unix:uid", OF_ANOTHER_USER);
        String sentence = refusal(relocated());
        assertTrue(sentence.contains(library.getParent() + " belongs to another user"), sentence);
    }

    @Test
    void fallsBackToTheTemporaryFolderWhenTheHomeCannotBeWritten() throws Exception {
        Path notAFolder = Files.createFile(folder.resolve("home"));
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        ChildJvm child = new ChildJvm().property("user.home", notAFolder).property("java.io.tmpdir", temporary);
        Path library = located(child);
        assertEquals(temporary.resolve("swiglu-ort-" + FileOwnership.currentUser()), library.getParent().getParent());
        assertSafe(library);
    }

    @Test
    void aFailureSaysEverythingThatWasTried() throws Exception {
        Path notAFolder = Files.createFile(folder.resolve("file"));
        String sentence = refusal(new ChildJvm().property("user.home", "relative").property("java.io.tmpdir", notAFolder));
        assertTrue(sentence.contains("relative/.cache/swiglu-ort (user.home): not an absolute path"), sentence);
        assertTrue(sentence.contains(notAFolder + "/swiglu-ort-" + FileOwnership.currentUser() + " (java.io.tmpdir): "), sentence);
        assertTrue(sentence.contains(SwiGlu.CACHE_DIR) && sentence.contains(SwiGlu.LIBRARY_PATH), sentence);
    }

    @Test
    void withoutTheJarThatCarriesItTheDependencyIsNamed() throws Exception {
        Path classes = folder.resolve("classes-alone");
        Path all = Path.of(SwiGlu.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(all)) {
            for (Path file : files.filter(file -> !file.endsWith("libswiglu_ort.so")).toList()) {
                Files.copy(file, classes.resolve(all.relativize(file).toString()));
            }
        }
        String sentence = refusal(relocated().replaceOnClassPath("classes", classes));
        assertTrue(sentence.matches("(?s).*dev\\.swiglu:swiglu-ort, version \\d+.*, classifier linux-x86_64.*"), sentence);
    }

    @Test
    void processesThatStartTogetherFindOneFile() throws Exception {
        List<ChildJvm.Running> children = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            children.add(relocated().start(Locate.class));
        }
        List<ChildJvm.Result> results = new ArrayList<>();
        for (ChildJvm.Running child : children) {
            results.add(child.await());
        }
        for (ChildJvm.Result result : results) {
            assertEquals(0, result.exitCode(), result.errors());
            assertSafe(Path.of(result.output()));
        }
    }

    /** Finds the library through two class loaders that do not share a class, at the same time. */
    static final class TwoClassLoaders {
        public static void main(String[] arguments) throws Exception {
            URL[] classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(TwoClassLoaders::url).toArray(URL[]::new);
            List<String> found = Stream.of(1, 2).parallel().map(which -> locate(classPath)).toList();
            System.out.println(found.get(0) + (found.get(0).equals(found.get(1)) ? "" : " and " + found.get(1)));
        }

        private static String locate(URL[] classPath) {
            try (URLClassLoader loader = new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
                return loader.loadClass("dev.swiglu.SwiGlu").getMethod("library").invoke(null).toString();
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        }

        private static URL url(String entry) {
            try {
                return Path.of(entry).toUri().toURL();
            } catch (MalformedURLException impossible) {
                throw new IllegalArgumentException(entry, impossible);
            }
        }
    }

    @Test
    void classLoadersThatShareNothingFindOneFile() throws Exception {
        ChildJvm.Result result = relocated().run(TwoClassLoaders.class);
        assertEquals(0, result.exitCode(), result.errors());
        assertSafe(Path.of(result.output()));
    }

    @Test
    void platformsAreCalledOneWay() {
        assertEquals("linux-x86_64", Platform.of("Linux", "amd64").toString());
        assertEquals("macos-aarch64", Platform.of("Mac OS X", "arm64").toString());
        assertEquals("windows-x86_64", Platform.of("Windows 11", "x86_64").toString());
        Platform.of("Linux", "amd64").requireBuilt();
        String sentence = assertThrows(NativeLibraryException.class, Platform.of("Mac OS X", "aarch64")::requireBuilt).getMessage();
        assertTrue(sentence.contains("macos-aarch64") && sentence.contains("linux-x86_64"), sentence);
    }
}
