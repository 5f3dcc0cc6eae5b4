package dev.swiglu;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Says why a file operation failed; the JDK's own messages are often nothing but the path. */
final class IoReason {
    private IoReason() {}

    static String of(Exception failure) {
        if (!(failure instanceof FileSystemException fileSystem)) {
            return failure.getMessage();
        }
        if (failure instanceof AccessDeniedException) {
            return "no permission for " + fileSystem.getFile();
        }
        if (failure instanceof NoSuchFileException) {
            return fileSystem.getFile() + " does not exist";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return fileSystem.getFile() + " is in the way";
        }
        return failure.getMessage();
    }
}
