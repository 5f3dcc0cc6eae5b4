package dev.swiglu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;

/**
 * Unpacked libraries, {@code <root>/<checksum>/libswiglu_ort.so}. The folder and the file belong to this user alone. A file
 * appears under its name only when complete and on disk, so processes that start together cannot see half of it; one that
 * differs from the library in the jar by a single byte is replaced.
 */
final class LibraryCache {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<Set<PosixFilePermission>> CREATED_OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    private static final int CHECKSUM_DIGITS = 16;

    private LibraryCache() {}

    /** Returns the library's file below {@code root}, written now or verified now. */
    static Path unpack(byte[] library, Path root) throws IOException {
        Path folder = ownedFolder(trusted(root), checksum(library));
        Path file = folder.resolve(NativeLibrary.FILE_NAME);
        if (!holds(file, library)) {
            write(library, file);
        }
        return file;
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

    private static Path ownedFolder(Path root, String name) throws IOException {
        Path folder = root.resolve(name);
        try {
            Files.createDirectory(folder, CREATED_OWNER_ONLY);
        } catch (FileAlreadyExistsException made) {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw new IOException(folder + " is not a folder", made);
            }
        }
        if (!FileOwnership.of(folder).isMine()) {
            throw new IOException(folder + " belongs to another user");
        }
        Files.setPosixFilePermissions(folder, OWNER_ONLY);
        return folder;
    }

    private static boolean holds(Path file, byte[] library) throws IOException {
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        FileOwnership ownership = FileOwnership.of(file);
        return ownership.isRegularFile() && ownership.isMine() && !ownership.isWritableByOthers()
                && Files.size(file) == library.length && Arrays.equals(Files.readAllBytes(file), library);
    }

    private static void write(byte[] library, Path file) throws IOException {
        Path folder = file.getParent();
        Path unfinished = Files.createTempFile(folder, NativeLibrary.FILE_NAME, ".tmp", CREATED_OWNER_ONLY);
        try {
            try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(library);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(unfinished);
        }
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static String checksum(byte[] library) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(library);
            return HexFormat.of().formatHex(digest).substring(0, CHECKSUM_DIGITS);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
    }
}
