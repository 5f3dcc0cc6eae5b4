package dev.swiglu.tools.publish;

import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Says before gigabytes are copied that they will not fit. */
final class FreeSpace {
    private FreeSpace() {
    }

    static void require(Path folder, long bytes) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (bytes > free) {
            throw new ToolException(ExitCode.IO, folder + " has " + megabytes(free) + " MB free, and " + megabytes(bytes)
                    + " MB are to be written there; make room or choose another folder.");
        }
    }

    private static long megabytes(long bytes) {
        return bytes >> 20;
    }
}
