package dev.swiglu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * Unpacked libraries, {@code <root>/<name>-<checksum>/}. Folders and files belong to this user alone. A folder appears under
 * its name only when it is complete and on disk, whenever its writer is killed; one that differs from what the jar carries is
 * replaced. To use a folder takes no lock and writes nothing.
 */
final class LibraryCache {
    /** Larger files are compared by their size alone: to read 600 MB at each start would cost more than it finds. */
    static final long COMPARED_UP_TO = 64L << 20;

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> CREATED_OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    private static final String LOCK = ".swiglu-ort.lock";
    private static final Set<OpenOption> LOCK_OPTIONS =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    private static final String UNFINISHED = ".swiglu-ort.unfinished-";
    /** Interned strings are the same object for all class loaders, and file locks are between processes only. */
    private static final Object ONE_IN_THIS_PROCESS = "dev.swiglu.LibraryCache".intern();

    private LibraryCache() {}

    /**
     * Returns the folder of the bundle's libraries, written now or verified now, below the first place where that is possible.
     *
     * @throws IOException with what was tried, and why it failed there
     */
    static Path unpack(LibraryBundle bundle) throws IOException {
        List<String> tried = new ArrayList<>();
        for (CacheRoot root : CacheRoot.candidates()) {
            try {
                return unpack(bundle, root.path());
            } catch (IOException | UncheckedIOException | InvalidPathException | SecurityException failure) {
                tried.add(root + ": " + IoReason.of(failure));
            }
        }
        throw new IOException(String.join("; ", tried));
    }

    private static Path unpack(LibraryBundle bundle, Path root) throws IOException {
        Path trusted = trusted(root);
        Path folder = trusted.resolve(bundle.folderName());
        if (!holds(folder, bundle)) {
            synchronized (ONE_IN_THIS_PROCESS) {
                Path lock = trusted.resolve(LOCK);
                try (FileChannel channel = FileChannel.open(lock, LOCK_OPTIONS, CREATED_OWNER_ONLY)) {
                    requireMine(lock);
                    channel.lock();
                    if (!holds(folder, bundle)) {
                        replace(folder, bundle);
                    }
                }
            }
        }
        return folder;
    }

    /** Makes the folder where it is missing, and refuses one in which other users could exchange files. */
    static Path trusted(Path root) throws IOException {
        Files.createDirectories(root, CREATED_OWNER_ONLY);
        Path real = root.toRealPath();
        if (!FileOwnership.of(real).protectsMyEntries()) {
            throw new IOException("other users can replace files in " + real);
        }
        return real;
    }

    private static boolean holds(Path folder, LibraryBundle bundle) throws IOException {
        if (Files.notExists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(folder + " is not a folder");
        }
        requireMine(folder);
        if (FileOwnership.of(folder).isWritableByOthers()) {
            return false;
        }
        for (CarriedLibrary library : bundle.libraries()) {
            if (!isIntact(folder.resolve(library.fileName()), library)) {
                return false;
            }
        }
        return true;
    }

    private static void requireMine(Path path) throws IOException {
        if (!FileOwnership.of(path).isMine()) {
            throw new IOException(path + " belongs to another user");
        }
    }

    private static boolean isIntact(Path file, CarriedLibrary library) throws IOException {
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        FileOwnership ownership = FileOwnership.of(file);
        return ownership.isRegularFile() && ownership.isMine() && !ownership.isWritableByOthers() && Files.isExecutable(file)
                && Files.size(file) == library.size()
                && (library.size() > COMPARED_UP_TO || checksum(file) == library.checksum());
    }

    private static long checksum(Path file) throws IOException {
        CRC32 checksum = new CRC32();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            checksum.update(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        }
        return checksum.getValue();
    }

    /** Only the holder of the lock gets here, so whatever is unfinished was left by a process that is dead. */
    private static void replace(Path folder, LibraryBundle bundle) throws IOException {
        Path root = folder.getParent();
        for (Path leftover : unfinished(root)) {
            if (FileOwnership.of(leftover).isMine()) {
                delete(leftover);
            }
        }
        Path unfinished = Files.createDirectory(root.resolve(UNFINISHED + bundle.folderName()), CREATED_OWNER_ONLY);
        try {
            for (CarriedLibrary library : bundle.libraries()) {
                write(library, unfinished.resolve(library.fileName()));
            }
            flush(unfinished);
            delete(folder);
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(unfinished);
        }
        flush(root);
    }

    private static List<Path> unfinished(Path root) throws IOException {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(entry -> entry.getFileName().toString().startsWith(UNFINISHED)).toList();
        }
    }

    private static void write(CarriedLibrary library, Path file) throws IOException {
        Files.createFile(file, CREATED_OWNER_ONLY);
        if (!Files.isExecutable(file)) {
            throw new IOException("its file system forbids execution");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                CheckedInputStream content = new CheckedInputStream(library.content().open(), new CRC32())) {
            content.transferTo(Channels.newOutputStream(channel));
            if (channel.size() != library.size() || content.getChecksum().getValue() != library.checksum()) {
                throw new IOException(library.fileName() + " is damaged in its jar");
            }
            channel.force(true);
        }
    }

    private static void flush(Path folder) throws IOException {
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> entries = Files.walk(folder)) {
                for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(entry);
                }
            }
        }
    }
}
