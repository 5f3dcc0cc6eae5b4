package dev.swiglu.tools.onnx.check;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.swiglu.tools.onnx.ElementCount;
import dev.swiglu.tools.onnx.Tensors;
import java.nio.file.Path;
import java.util.List;

/** A sparse tensor has one place, of int64, for each of its values, and dimensions that exist. */
final class SparseTensorCheck implements ModelCheck {

    @Override
    public void check(ModelProto model, Path file) {
        Tensors.forEachMessage(model, SparseTensorProto.class, (owner, sparse) -> check(sparse, owner, file));
    }

    private static void check(SparseTensorProto sparse, NodeProto owner, Path file) {
        List<Long> values = sparse.getValues().getDimsList();
        List<Long> places = sparse.getIndices().getDimsList();
        boolean placed = values.size() == 1 && (places.equals(values)
                || places.equals(List.of(values.get(0), (long) sparse.getDimsCount())));
        if (!placed || sparse.getIndices().getDataType() != DataType.INT64_VALUE) {
            throw Refusal.of(file, "sparse " + TensorCheck.describe(sparse.getValues(), owner) + " has values of " + values
                    + " at indices of " + places + ", which do not go together");
        }
        if (ElementCount.of(sparse.getDimsList()).isEmpty()) {
            throw Refusal.of(file, "sparse " + TensorCheck.describe(sparse.getValues(), owner) + " has dimensions " + sparse.getDimsList()
                    + ": negative, or too many elements to count");
        }
    }
}
