package dev.swiglu.tools.folder;

import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder with models and what belongs to them. Its files may be links within it, and, in a snapshot of the Hugging Face
 * cache, links to the blobs of that cache; a link to anywhere else would publish what nobody meant to, and is refused.
 *
 * @param files all of them, in subfolders, too, relative to {@code path}, in the order of their names
 */
public record ModelFolder(Path path, List<Path> files) {

    public static ModelFolder read(Path folder) {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> entries = Files.walk(folder)) {
            List<Path> homes = homes(folder);
            for (Path entry : entries.sorted().toList()) {
                if (Files.isSymbolicLink(entry)) {
                    requireWithin(homes, entry);
                }
                if (Files.isRegularFile(entry)) {
                    files.add(folder.relativize(entry));
                } else if (Files.isSymbolicLink(entry) || !Files.isDirectory(entry)) {
                    throw new ToolException(ExitCode.REFUSED, entry + " is neither a file nor a folder; remove it.");
                }
            }
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, folder + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
        return new ModelFolder(folder, List.copyOf(files));
    }

    public List<Path> models() {
        return files.stream().filter(file -> file.toString().endsWith(".onnx")).toList();
    }

    public Path file(Path relative) {
        return path.resolve(relative);
    }

    private static List<Path> homes(Path folder) throws IOException {
        Path real = folder.toRealPath();
        Path parent = real.getParent();
        boolean snapshot = parent != null && parent.endsWith("snapshots");
        return snapshot ? List.of(real, parent.resolveSibling("blobs")) : List.of(real);
    }

    private static void requireWithin(List<Path> homes, Path link) throws IOException {
        Path real = link.toRealPath();
        if (homes.stream().noneMatch(real::startsWith)) {
            throw new ToolException(ExitCode.REFUSED,
                    link + " is a link out of its folder, which is not followed; put the file there.");
        }
    }
}
