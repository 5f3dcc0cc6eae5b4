package dev.swiglu.training;

import dev.swiglu.CheckpointException;
import dev.swiglu.IoReason;
import dev.swiglu.Json;
import dev.swiglu.Tensor;
import dev.swiglu.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.zip.CRC32C;

/**
 * Named tensors in a file of the safetensors format, which other tools read, too: the length of a JSON header in 8 bytes,
 * the header, the elements. The header's own entries carry a CRC-32C of all that follows the length, taken with the eight
 * digits of the sum at zero; the format itself has nothing that would notice a damaged file.
 */
record SafeTensors(Map<String, Tensor> tensors, Map<String, String> entries) {
    private static final Map<TensorType, String> NAMES = Map.of(TensorType.FLOAT32, "F32", TensorType.FLOAT16, "F16",
            TensorType.BFLOAT16, "BF16", TensorType.FLOAT64, "F64", TensorType.INT64, "I64", TensorType.INT32, "I32",
            TensorType.INT16, "I16", TensorType.INT8, "I8", TensorType.UINT8, "U8", TensorType.BOOL, "BOOL");
    private static final String ENTRIES = "__metadata__";
    private static final String SUM = "crc32c";
    private static final String NO_SUM = "00000000";
    private static final int ALIGNMENT = 8;
    /** The format's own bound. */
    private static final long LONGEST_HEADER = 100_000_000;

    void write(Path file) {
        List<ByteBuffer> content = new ArrayList<>();
        String header = header();
        tensors.values().forEach(tensor -> content.add(tensor.data()));
        String sum = sum(header, content);
        ByteBuffer start = ByteBuffer.wrap(header.replace(sumEntry(NO_SUM), sumEntry(sum)).getBytes(StandardCharsets.UTF_8));
        content.add(0, start);
        content.add(0, ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, start.remaining()));
        AtomicFile.write(file, content);
    }

    /** @throws CheckpointException when the file is not what {@link #write} wrote */
    static SafeTensors read(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            return read(file, channel);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(file + " cannot be read: " + IoReason.withoutFile(unreadable) + ".", unreadable);
        } catch (ClassCastException | NullPointerException | IndexOutOfBoundsException | IllegalArgumentException malformed) {
            throw damaged(file, malformed);
        }
    }

    private static SafeTensors read(Path file, FileChannel channel) throws IOException {
        if (channel.size() < Long.BYTES) {
            throw damaged(file, null);
        }
        long length = map(channel, 0, Long.BYTES).getLong();
        if (length < 0 || length > LONGEST_HEADER || length > channel.size() - Long.BYTES) {
            throw damaged(file, null);
        }
        String header = StandardCharsets.UTF_8.decode(map(channel, Long.BYTES, length)).toString();
        Map<String, String> entries = new LinkedHashMap<>();
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        List<ByteBuffer> content = new ArrayList<>();
        long end = Long.BYTES + length;
        for (Map.Entry<?, ?> each : ((Map<?, ?>) Json.parse(header)).entrySet()) {
            Map<?, ?> described = (Map<?, ?>) each.getValue();
            if (each.getKey().equals(ENTRIES)) {
                described.forEach((key, value) -> entries.put((String) key, (String) value));
                continue;
            }
            List<?> range = (List<?>) described.get("data_offsets");
            long bytes = (Long) range.get(1) - (Long) range.get(0);
            if ((Long) range.get(0) != end - Long.BYTES - length || bytes < 0 || bytes > channel.size() - end) {
                throw damaged(file, null);
            }
            ByteBuffer elements = map(channel, end, bytes);
            long[] shape = ((List<?>) described.get("shape")).stream().mapToLong(Long.class::cast).toArray();
            tensors.put((String) each.getKey(), Tensor.of(type((String) described.get("dtype")), elements, shape));
            content.add(elements);
            end += bytes;
        }
        String sum = entries.remove(SUM);
        if (end != channel.size() || !sum(header.replace(sumEntry(sum), sumEntry(NO_SUM)), content).equals(sum)) {
            throw damaged(file, null);
        }
        return new SafeTensors(tensors, entries);
    }

    private static ByteBuffer map(FileChannel channel, long start, long length) throws IOException {
        return channel.map(FileChannel.MapMode.READ_ONLY, start, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static CheckpointException damaged(Path file, Exception cause) {
        return new CheckpointException(file + " is cut off, damaged or no checkpoint; resume from an older one.", cause);
    }

    private String header() {
        StringJoiner described = new StringJoiner(",", "{", "}");
        StringJoiner members = new StringJoiner(",", Json.quote(ENTRIES) + ":{", "," + sumEntry(NO_SUM) + "}");
        entries.forEach((key, value) -> members.add(Json.quote(key) + ":" + Json.quote(value)));
        described.add(members.toString());
        long offset = 0;
        for (Map.Entry<String, Tensor> each : tensors.entrySet()) {
            Tensor tensor = each.getValue();
            long end = offset + (long) tensor.size() * tensor.type().bytes();
            described.add(Json.quote(each.getKey()) + ":{\"dtype\":\"" + NAMES.get(tensor.type()) + "\",\"shape\":"
                    + Arrays.toString(tensor.shape()) + ",\"data_offsets\":[" + offset + "," + end + "]}");
            offset = end;
        }
        int length = described.toString().getBytes(StandardCharsets.UTF_8).length;
        return described + " ".repeat(Math.floorMod(-length, ALIGNMENT));
    }

    private static String sumEntry(String sum) {
        return Json.quote(SUM) + ":" + Json.quote(sum);
    }

    private static String sum(String header, List<ByteBuffer> content) {
        CRC32C sum = new CRC32C();
        sum.update(header.getBytes(StandardCharsets.UTF_8));
        content.forEach(part -> sum.update(part.duplicate()));
        return String.format("%08x", sum.getValue());
    }

    private static TensorType type(String name) {
        return Arrays.stream(TensorType.values()).filter(type -> NAMES.get(type).equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name));
    }
}
