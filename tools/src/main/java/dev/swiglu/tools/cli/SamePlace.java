package dev.swiglu.tools.cli;

import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether two names mean one file, also where that file is yet to be written. */
final class SamePlace {
    private SamePlace() {
    }

    static boolean of(Path one, Path other) {
        try {
            return Files.exists(one) && Files.exists(other) ? Files.isSameFile(one, other) : place(one).equals(place(other));
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, one + " cannot be examined: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** The last name is kept: a link there is itself what would be replaced. */
    private static Path place(Path file) throws IOException {
        Path absolute = file.toAbsolutePath().normalize();
        Path folder = absolute.getParent();
        return folder != null && Files.exists(folder) ? folder.toRealPath().resolve(absolute.getFileName()) : absolute;
    }
}
