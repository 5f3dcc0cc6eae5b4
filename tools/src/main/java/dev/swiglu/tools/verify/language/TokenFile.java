package dev.swiglu.tools.verify.language;

import dev.swiglu.IoReason;
import dev.swiglu.Tensor;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import dev.swiglu.tools.verify.inputs.NumpyArchive;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.LongStream;

/** Token ids in a file: integers as text, an .npy array, or the one array of an .npz archive. */
public final class TokenFile {
    private TokenFile() {
    }

    public static long[] read(Path file) {
        String name = file.toString();
        if (name.endsWith(".npz")) {
            return only(NumpyArchive.read(file), file);
        }
        return name.endsWith(".npy") ? integers(NumpyArchive.array(file), file) : text(file);
    }

    private static long[] only(Map<String, Tensor> arrays, Path file) {
        if (arrays.size() != 1) {
            throw new ToolException(ExitCode.USAGE, file + " holds " + arrays.size() + " arrays; save the token ids alone.");
        }
        return integers(arrays.values().iterator().next(), file);
    }

    private static long[] integers(Tensor tokens, Path file) {
        if (tokens.type().isFloatingPoint()) {
            throw new ToolException(ExitCode.USAGE, file + " holds " + tokens.type() + "; token ids are integers.");
        }
        return tokens.longs();
    }

    /** Separated by white space, or as a list is printed. */
    private static long[] text(Path file) {
        LongStream.Builder ids = LongStream.builder();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            int number = 1;
            for (String line = reader.readLine(); line != null; line = reader.readLine(), number++) {
                for (String word : line.split("[\\s,\\[\\]]+")) {
                    if (!word.isEmpty()) {
                        ids.add(integer(word, file, number));
                    }
                }
            }
        } catch (MalformedInputException e) {
            throw new ToolException(ExitCode.USAGE, file + " is neither a text of integers nor named .npy or .npz.", e);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, file + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
        return ids.build().toArray();
    }

    private static long integer(String word, Path file, int line) {
        try {
            return Long.parseLong(word);
        } catch (NumberFormatException e) {
            String shown = word.length() > 20 ? word.substring(0, 20) + "…" : word;
            throw new ToolException(ExitCode.USAGE, file + ", line " + line + ": '" + shown + "' is no token id.", e);
        }
    }
}
