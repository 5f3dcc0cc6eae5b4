package dev.swiglu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;

class TensorTest {

    @Test
    void readsBackEveryTypeExactly() {
        double[] third = {1.0 / 3, Double.MIN_VALUE, Double.NEGATIVE_INFINITY};
        assertArrayEquals(third, Tensor.float64(third, 3).doubles());
        assertArrayEquals(new float[] {0.1f, Float.MIN_VALUE, -0f}, Tensor.float32(new float[] {0.1f, Float.MIN_VALUE, -0f}, 3).floats());
        assertArrayEquals(new double[] {0.1f}, Tensor.float32(new float[] {0.1f}, 1).doubles());
        assertArrayEquals(new long[] {Long.MIN_VALUE, 7}, Tensor.int64(new long[] {Long.MIN_VALUE, 7}, 2).longs());
        assertArrayEquals(new long[] {Integer.MIN_VALUE}, Tensor.int32(new int[] {Integer.MIN_VALUE}, 1).longs());
        assertArrayEquals(new long[] {1, 0}, Tensor.bool(new boolean[] {true, false}, 2).longs());
        assertArrayEquals(new long[] {255}, Tensor.of(TensorType.UINT8, ByteBuffer.wrap(new byte[] {-1}), 1).longs());
        assertArrayEquals(new long[] {-1}, Tensor.of(TensorType.INT8, ByteBuffer.wrap(new byte[] {-1}), 1).longs());
    }

    @Test
    void narrowTypesAreRoundedOnceAndWidenedExactly() {
        float[] values = {1 + 0x1p-11f, 1 + 0x1.8p-10f, Float.NaN, Float.NEGATIVE_INFINITY, 0x1p-24f};
        float[] asHalf = {1, 1 + 0x1p-9f, Float.NaN, Float.NEGATIVE_INFINITY, 0x1p-24f};
        assertArrayEquals(asHalf, Tensor.float16(values, 5).floats());
        float[] brain = {1 + 0x1p-8f, 1 + 0x1.8p-7f, Float.NaN, Float.NEGATIVE_INFINITY, 0x1p-133f};
        float[] asBrain = {1, 1 + 0x1p-6f, Float.NaN, Float.NEGATIVE_INFINITY, 0x1p-133f};
        assertArrayEquals(asBrain, Tensor.bfloat16(brain, 5).floats());
        assertEquals(1 + 0x1p-9, Tensor.float16(values, 5).get(1));
    }

    @Test
    void indexesRowByRow() {
        Tensor tensor = Tensor.float32(new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
        assertEquals(5, tensor.get(1, 2));
        assertEquals(3, tensor.get(1, 0));
        assertEquals(8, Tensor.float32(new float[] {8}).get());
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.get(0, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.get(5));
    }

    @Test
    void callersCannotChangeIt() {
        float[] values = {1, 2};
        long[] shape = {2};
        Tensor tensor = Tensor.float32(values, shape);
        values[0] = 9;
        shape[0] = 9;
        tensor.shape()[0] = 9;
        assertEquals(Tensor.float32(new float[] {1, 2}, 2), tensor);
        assertThrows(ReadOnlyBufferException.class, () -> tensor.data().put(0, (byte) 9));
        ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putFloat(0, 3f);
        Tensor copied = Tensor.of(TensorType.FLOAT32, bytes, 1);
        bytes.putFloat(0, 4f);
        assertEquals(3, copied.get(0));
    }

    @Test
    void equalityIsBitwise() {
        Tensor nan = Tensor.float32(new float[] {Float.NaN}, 1);
        assertEquals(nan, Tensor.float32(new float[] {Float.NaN}, 1));
        assertNotEquals(Tensor.float32(new float[] {0f}, 1), Tensor.float32(new float[] {-0f}, 1));
        assertNotEquals(nan, Tensor.float32(new float[] {Float.NaN}, 1, 1));
        assertNotEquals(Tensor.float16(new float[] {0}, 1), Tensor.bfloat16(new float[] {0}, 1));
    }

    @Test
    void emptyTensorsAreTensors() {
        Tensor empty = Tensor.float32(new float[0], 3, 0, 1L << 62);
        assertEquals(0, empty.size());
        assertEquals(0, empty.floats().length);
    }

    @Test
    void refusesWhatDoesNotFitWithASentence() {
        assertSentence("6 elements, and 5", () -> Tensor.float32(new float[5], 2, 3));
        assertSentence("negative dimension", () -> Tensor.int64(new long[0], -1, 0));
        assertSentence("2^63 elements", () -> Tensor.float32(new float[0], 1L << 32, 1L << 32));
        assertSentence("2 GiB", () -> Tensor.float64(new double[0], 1 << 28));
        assertSentence("8 bytes, and 7", () -> Tensor.of(TensorType.INT64, ByteBuffer.allocate(7), 1));
        assertSentence("longs()", () -> Tensor.int64(new long[] {1}, 1).doubles());
        assertSentence("doubles()", () -> Tensor.float64(new double[] {1}, 1).floats());
        assertSentence("doubles()", () -> Tensor.float16(new float[] {1}, 1).longs());
    }

    private static void assertSentence(String part, Runnable wrong) {
        RuntimeException refusal = assertThrows(RuntimeException.class, wrong::run);
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }
}
