package dev.swiglu;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Says why a file operation failed; the JDK's own messages are often nothing but the path. */
public final class IoReason {
    private IoReason() {}

    /** The reason and the file that it concerns. */
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

    /** The reason alone, for a sentence that names the file already, or when the failing file has a temporary name. */
    public static String withoutFile(Exception failure) {
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof NoSuchFileException) {
            return "it does not exist";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return "another file is in the way";
        }
        String reason = failure instanceof FileSystemException fileSystem ? fileSystem.getReason() : failure.getMessage();
        return reason == null ? failure.getClass().getSimpleName() : reason;
    }
}
