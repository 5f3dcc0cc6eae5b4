package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.IoReason;
import dev.swiglu.tools.ExitCode;
import dev.swiglu.tools.ToolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where a tensor keeps its bytes when they are not in the model: {@code location} names a file relative to the model's
 * folder, {@code offset} and {@code length} a range of it. A location is text from a file that nobody should trust, so it
 * must name a regular file that, with links resolved, lies in the model's own folder. A model that is itself a link (a
 * Hugging Face cache) may also refer to the folder that the link leads to, as ONNX Runtime allows.
 */
public record ExternalData(String tensor, String location, long offset, long length) {
    /** {@link #length} of a tensor whose data reach to the end of the file. */
    public static final long TO_THE_END = -1;

    private static final Set<String> KEYS = Set.of("location", "offset", "length", "checksum", "basepath");

    public static boolean isExternal(TensorProto tensor) {
        return tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    }

    public static ExternalData of(TensorProto tensor) {
        String location = "";
        long offset = 0;
        long length = TO_THE_END;
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            switch (entry.getKey()) {
                case "location" -> location = entry.getValue();
                case "offset" -> offset = natural(tensor, entry);
                case "length" -> length = natural(tensor, entry);
                default -> {
                    if (!KEYS.contains(entry.getKey())) {
                        throw refused(tensor.getName(), "has the unknown key '" + entry.getKey() + "'");
                    }
                }
            }
        }
        requireInside(tensor.getName(), location);
        return new ExternalData(tensor.getName(), location, offset, length);
    }

    /** Every file that the model refers to, by location, with one of the tensors in it; each location is a safe one. */
    public static Map<String, ExternalData> files(ModelProto model) {
        Map<String, ExternalData> files = new TreeMap<>();
        Tensors.forEach(model, tensor -> {
            if (isExternal(tensor)) {
                ExternalData data = of(tensor);
                files.putIfAbsent(data.location(), data);
            }
        });
        return files;
    }

    /** The real file, seen from the model at {@code model}; refused when it lies elsewhere, missing when it is absent. */
    public Path resolve(Path model) {
        Path folder = model.toAbsolutePath().getParent();
        Path named = folder.resolve(location);
        if (!Files.exists(named)) {
            throw new ToolException(ExitCode.IO, "External data file " + named + " of tensor '" + tensor
                    + "' does not exist; it belongs beside the model.");
        }
        try {
            Path real = named.toRealPath();
            boolean contained = real.startsWith(folder.toRealPath())
                    || Files.isSymbolicLink(model) && real.startsWith(model.toRealPath().getParent());
            if (!contained) {
                throw refused(tensor, "leads out of the model's folder, to " + real);
            }
            if (!Files.isRegularFile(real)) {
                throw refused(tensor, "names " + named + ", which is not a regular file");
            }
            return real;
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, named + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** The bytes themselves, mapped. */
    public ByteBuffer map(Path model) {
        Path file = resolve(model);
        try (FileChannel channel = FileChannel.open(file)) {
            long available = channel.size() - offset;
            long wanted = length == TO_THE_END ? available : length;
            if (wanted < 0 || wanted > available || wanted > Integer.MAX_VALUE) {
                throw refused(tensor, "names " + wanted + " bytes at " + offset + " of " + file + ", which has "
                        + channel.size());
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, offset, wanted);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, file + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    private static void requireInside(String tensor, String location) {
        if (location.isEmpty()) {
            throw refused(tensor, "names no file");
        }
        try {
            Path path = Path.of(location);
            boolean leaves = path.isAbsolute() || path.normalize().startsWith("..") || path.normalize().toString().isEmpty();
            if (leaves || location.indexOf('\\') >= 0) {
                throw refused(tensor, "names '" + location + "', which is not a file in the model's folder");
            }
        } catch (InvalidPathException e) {
            throw refused(tensor, "names '" + location + "', which is not a path");
        }
    }

    private static long natural(TensorProto tensor, StringStringEntryProto entry) {
        String text = entry.getValue();
        if (!text.matches("[0-9]{1,18}")) {
            throw refused(tensor.getName(), "has " + entry.getKey() + " '" + text + "', which is not a natural number");
        }
        return Long.parseLong(text);
    }

    private static ToolException refused(String tensor, String why) {
        return new ToolException(ExitCode.REFUSED, "External data of tensor '" + tensor + "' " + why + ".");
    }
}
