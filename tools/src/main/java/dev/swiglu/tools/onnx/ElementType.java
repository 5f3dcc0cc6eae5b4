package dev.swiglu.tools.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;

/** The element types of ONNX tensors, named as NumPy and people name them. */
public enum ElementType {
    UNKNOWN(DataType.UNDEFINED, "?", 0),
    FLOAT32(DataType.FLOAT, "float32", 32),
    UINT8(DataType.UINT8, "uint8", 8),
    INT8(DataType.INT8, "int8", 8),
    UINT16(DataType.UINT16, "uint16", 16),
    INT16(DataType.INT16, "int16", 16),
    INT32(DataType.INT32, "int32", 32),
    INT64(DataType.INT64, "int64", 64),
    STRING(DataType.STRING, "string", 0),
    BOOL(DataType.BOOL, "bool", 8),
    FLOAT16(DataType.FLOAT16, "float16", 16),
    FLOAT64(DataType.DOUBLE, "float64", 64),
    UINT32(DataType.UINT32, "uint32", 32),
    UINT64(DataType.UINT64, "uint64", 64),
    COMPLEX64(DataType.COMPLEX64, "complex64", 64),
    COMPLEX128(DataType.COMPLEX128, "complex128", 128),
    BFLOAT16(DataType.BFLOAT16, "bfloat16", 16),
    FLOAT8E4M3FN(DataType.FLOAT8E4M3FN, "float8e4m3fn", 8),
    FLOAT8E4M3FNUZ(DataType.FLOAT8E4M3FNUZ, "float8e4m3fnuz", 8),
    FLOAT8E5M2(DataType.FLOAT8E5M2, "float8e5m2", 8),
    FLOAT8E5M2FNUZ(DataType.FLOAT8E5M2FNUZ, "float8e5m2fnuz", 8),
    UINT4(DataType.UINT4, "uint4", 4),
    INT4(DataType.INT4, "int4", 4);

    private final DataType onnx;
    private final String label;
    private final int bits;

    ElementType(DataType onnx, String label, int bits) {
        this.onnx = onnx;
        this.label = label;
        this.bits = bits;
    }

    /** The type with this ONNX number; UNKNOWN for numbers that are newer than this tool. */
    public static ElementType of(int onnxNumber) {
        for (ElementType type : values()) {
            if (type.onnx.getNumber() == onnxNumber) {
                return type;
            }
        }
        return UNKNOWN;
    }

    public int onnxNumber() {
        return onnx.getNumber();
    }

    public String label() {
        return label;
    }

    /** Size of one element; 0 where an element has no fixed size. */
    public int bits() {
        return bits;
    }

    /** This type, or {@code other} when this one is unknown. */
    public ElementType or(ElementType other) {
        return this == UNKNOWN ? other : this;
    }

    public boolean isInteger() {
        return label.contains("int");
    }

    /** The type to compute with values of this floating-point type in, where 16 bits are too few. */
    public ElementType wide() {
        return this == FLOAT64 ? FLOAT64 : FLOAT32;
    }

    /** One of the types that the dev.swiglu operators compute in. */
    public boolean isComputable() {
        return this == FLOAT32 || this == FLOAT16 || this == BFLOAT16 || this == FLOAT64;
    }
}
