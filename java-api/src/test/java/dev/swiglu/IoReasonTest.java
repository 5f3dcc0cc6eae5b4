package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

/** What the JDK leaves out is said, and the file's name only where it is asked for. */
class IoReasonTest {
    @Test
    void saysWhyAndOnDemandWhere() {
        assertEquals("no permission for x", IoReason.of(new AccessDeniedException("x")));
        assertEquals("permission denied", IoReason.withoutFile(new AccessDeniedException("x")));
        assertEquals("it does not exist", IoReason.withoutFile(new NoSuchFileException("x")));
        assertEquals("Read-only file system", IoReason.withoutFile(new FileSystemException("x", null, "Read-only file system")));
        assertEquals("No space left on device", IoReason.withoutFile(new IOException("No space left on device")));
        assertEquals("IOException", IoReason.withoutFile(new IOException()));
    }
}
