package dev.swiglu.tools.onnx;

import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A file that a model may keep its data in: a regular one that, with links resolved, lies in the model's own folder. A model
 * that is itself a link (a Hugging Face cache) may also refer to the folder that the link leads to, as ONNX Runtime allows.
 * A hard link is no harm where the file is the model owner's and no more private than the model: then whoever may read the
 * one may read the other. Else it could be somebody's secret, about to be copied beside an output.
 *
 * @param real its path, links resolved
 */
public record ExternalFile(Path real, long size) {
    private static final int ALL_MAY_READ = 0444;

    /** The file that {@code data} names, seen from the model at {@code model}. */
    public static ExternalFile of(ExternalData data, Path model) {
        Path folder = model.toAbsolutePath().getParent();
        Path named = folder.resolve(data.location());
        if (!Files.exists(named)) {
            throw new ToolException(ExitCode.IO, "External data file " + named + " of tensor '" + data.tensor()
                    + "' does not exist; it belongs beside the model.");
        }
        try {
            Path real = named.toRealPath();
            boolean contained = real.startsWith(folder.toRealPath())
                    || Files.isSymbolicLink(model) && real.startsWith(model.toRealPath().getParent());
            if (!contained) {
                throw ExternalData.refused(data.tensor(), "leads out of the model's folder, to " + real);
            }
            if (!Files.isRegularFile(real)) {
                throw ExternalData.refused(data.tensor(), "names " + named + ", which is not a regular file");
            }
            if (Files.exists(model) && Files.isSameFile(real, model)) {
                throw ExternalData.refused(data.tensor(), "names the model itself");
            }
            if (isPrivateHardLink(real, model)) {
                throw ExternalData.refused(data.tensor(), "names " + named
                        + ", a hard link to a file that is not the model owner's, or more private than the model");
            }
            return new ExternalFile(real, Files.size(real));
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, named + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** Refuses data that reach beyond the file's end. */
    public void requireHolds(ExternalData data) {
        long length = Math.max(data.length(), 0);
        if (data.offset() > size || length > size - data.offset()) {
            throw ExternalData.refused(data.tensor(), "names " + length + " bytes at " + data.offset() + " of " + real
                    + ", which has " + size);
        }
    }

    private static boolean isPrivateHardLink(Path real, Path model) throws IOException {
        try {
            Map<String, Object> data = Files.readAttributes(real, "unix:nlink,uid,mode");
            if ((int) data.get("nlink") == 1 || !Files.exists(model)) {
                return false;
            }
            Map<String, Object> owner = Files.readAttributes(model, "unix:uid,mode");
            int readers = (int) owner.get("mode") & ALL_MAY_READ;
            return !data.get("uid").equals(owner.get("uid")) || (readers & ~(int) data.get("mode")) != 0;
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return false; // a file system without owners and link counts
        }
    }
}
