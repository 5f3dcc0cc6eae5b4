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
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Where a tensor keeps its bytes when they are not in the model: {@code location} names a file relative to the model's
 * folder, {@code offset} and {@code length} a range of it. All three are text from a file that nobody should trust; which
 * file the location leads to, and whether it may be read, is {@link ExternalFile}'s to say.
 */
public record ExternalData(String tensor, String location, long offset, long length) {
    /** {@link #length} of a tensor that does not say how long its data are, of a type that does not say it either. */
    public static final long TO_THE_END = -1;

    private static final Set<String> KEYS = Set.of("location", "offset", "length", "checksum", "basepath");

    public static boolean isExternal(TensorProto tensor) {
        return tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    }

    public static ExternalData of(TensorProto tensor) {
        String location = "";
        long offset = 0;
        long length = 0;
        Set<String> seen = new HashSet<>();
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            String key = entry.getKey();
            if (!KEYS.contains(key) || !seen.add(key)) {
                throw refused(tensor.getName(), "has the key '" + key + "'" + (KEYS.contains(key) ? " twice" : ", which ONNX does not know"));
            }
            switch (key) {
                case "location" -> location = entry.getValue();
                case "offset" -> offset = natural(tensor, entry);
                case "length" -> length = natural(tensor, entry);
                default -> { }
            }
        }
        requireInside(tensor.getName(), location);
        return new ExternalData(tensor.getName(), location, offset, length(tensor, length));
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
        return ExternalFile.of(this, model).real();
    }

    /** The bytes themselves, mapped. */
    public ByteBuffer map(Path model) {
        ExternalFile file = ExternalFile.of(this, model);
        file.requireHolds(this);
        long wanted = length == TO_THE_END ? file.size() - offset : length;
        if (wanted > Integer.MAX_VALUE) {
            throw refused(tensor, "spans " + wanted + " bytes, more than this tool reads at once");
        }
        try (FileChannel channel = FileChannel.open(file.real())) {
            return channel.map(FileChannel.MapMode.READ_ONLY, offset, wanted);
        } catch (IOException e) {
            throw new ToolException(ExitCode.IO, file.real() + " cannot be read: " + IoReason.withoutFile(e) + ".", e);
        }
    }

    /** What the tensor's dimensions need; a declared length, 0 where there is none, must say the same. */
    private static long length(TensorProto tensor, long declared) {
        ElementType type = ElementType.of(tensor.getDataType());
        OptionalLong count = ElementCount.of(tensor.getDimsList());
        if (count.isEmpty()) {
            throw refused(tensor.getName(), "has dimensions " + tensor.getDimsList() + ": negative, or too many elements to count");
        }
        if (type.bits() == 0) {
            return declared == 0 ? TO_THE_END : declared;
        }
        long needed = ElementCount.bytes(type, count.getAsLong());
        if (declared != 0 && declared != needed) {
            throw refused(tensor.getName(), "is " + declared + " bytes long, where " + tensor.getDimsList() + " of " + type.label()
                    + " need " + needed);
        }
        return needed;
    }

    /** No way up, no root, no drive, and no {@code *}, by which ONNX Runtime marks an address in its own memory. */
    private static void requireInside(String tensor, String location) {
        if (location.isEmpty()) {
            throw refused(tensor, "names no file");
        }
        boolean plain = location.chars().noneMatch(c -> c == '\\' || c == '*' || Character.isISOControl(c))
                && !location.matches("[A-Za-z]:.*");
        try {
            Path path = Path.of(location);
            boolean leaves = path.isAbsolute() || path.normalize().toString().isEmpty();
            for (Path part : path) {
                leaves |= part.toString().equals("..");
            }
            if (leaves || !plain) {
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

    static ToolException refused(String tensor, String why) {
        return new ToolException(ExitCode.REFUSED,
                ("External data of tensor '" + tensor + "' " + why + ".").replaceAll("\\p{Cntrl}", "?"));
    }
}
