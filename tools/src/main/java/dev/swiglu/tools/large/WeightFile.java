package dev.swiglu.tools.large;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.swiglu.Float16;
import dev.swiglu.tools.onnx.ElementType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;

/**
 * External data in regions, to each of which several tensors may refer: all layers of a large model read the same numbers,
 * so that 13 GB of weights are 0.7 GB on the disk. ONNX Runtime still gives each initializer memory of its own on a GPU.
 */
final class WeightFile {
    /** A prime, so that no two rows of a matrix begin at the same place of the noise, which is repeated to fill a region. */
    private static final int NOISE = 1_048_573;
    /** ONNX Runtime maps external data into memory, by pages. */
    private static final int PAGE = 4096;

    /** A place in the file that holds {@code elements} numbers, {@code pattern} again and again. */
    record Region(long offset, long elements, byte[] pattern) {}

    private final String location;
    private final ElementType type;
    private final Random random;
    private final List<Region> regions = new ArrayList<>();

    /** @param type float16 or float32 */
    WeightFile(String location, ElementType type, long seed) {
        this.location = location;
        this.type = type;
        this.random = new Random(seed);
    }

    ElementType type() {
        return type;
    }

    /** Normally distributed numbers around zero. */
    Region noise(long elements, double deviation) {
        return region(elements, (int) Math.min(elements, NOISE), i -> deviation * random.nextGaussian());
    }

    /** The numbers that {@code value} gives for each index. */
    Region values(int elements, IntToDoubleFunction value) {
        return region(elements, elements, value);
    }

    private Region region(long elements, int patternElements, IntToDoubleFunction value) {
        long end = regions.isEmpty() ? 0 : end(regions.get(regions.size() - 1));
        Region region = new Region((end + PAGE - 1) / PAGE * PAGE, elements, encoded(patternElements, value));
        regions.add(region);
        return region;
    }

    private long end(Region region) {
        return region.offset() + region.elements() * bytes();
    }

    private int bytes() {
        return type.bits() / 8;
    }

    private byte[] encoded(int count, IntToDoubleFunction value) {
        ByteBuffer encoded = ByteBuffer.allocate(count * bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            float number = (float) value.applyAsDouble(i);
            if (type == ElementType.FLOAT16) {
                encoded.putShort(Float16.round(number));
            } else {
                encoded.putFloat(number);
            }
        }
        return encoded.array();
    }

    /** A tensor whose numbers are those of {@code region}, which has as many as these dimensions need. */
    TensorProto tensor(String name, Region region, long... dimensions) {
        long elements = Arrays.stream(dimensions).reduce(1, Math::multiplyExact);
        if (elements != region.elements()) {
            throw new IllegalArgumentException(
                    name + Arrays.toString(dimensions) + " does not fill " + region.elements() + " elements.");
        }
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type.onnxNumber())
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(entry("location", location))
                .addExternalData(entry("offset", String.valueOf(region.offset())))
                .addExternalData(entry("length", String.valueOf(elements * bytes())));
        Arrays.stream(dimensions).forEach(tensor::addDims);
        return tensor.build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    void writeTo(OutputStream stream) throws IOException {
        long written = 0;
        for (Region region : regions) {
            stream.write(new byte[(int) (region.offset() - written)]);
            long left = region.elements() * bytes();
            while (left > 0) {
                int part = (int) Math.min(left, region.pattern().length);
                stream.write(region.pattern(), 0, part);
                left -= part;
            }
            written = end(region);
        }
    }
}
