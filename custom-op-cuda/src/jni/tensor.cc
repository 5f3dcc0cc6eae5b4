#include "jni/tensor.h"

namespace swiglu::jni {

using ort::api;
using ort::check;

static size_t element_bytes(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64: return 8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32: return 4;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16: return 2;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL: return 1;
    default: throw ort::invalid("Java cannot hold tensors of ONNX's element type " + std::to_string(type) + ".");
  }
}

size_t byte_count(ONNXTensorElementDataType type, const std::vector<int64_t>& shape) {
  size_t bytes = element_bytes(type);
  for (const int64_t dimension : shape) bytes *= static_cast<size_t>(dimension);
  return bytes;
}

ort::Owned<OrtValue> tensor_over(const OrtMemoryInfo* where, void* data, ONNXTensorElementDataType type,
                                 const std::vector<int64_t>& shape) {
  OrtValue* value = nullptr;
  check(api().CreateTensorWithDataAsOrtValue(where, data, byte_count(type, shape), shape.data(), shape.size(), type, &value));
  return ort::Owned<OrtValue>(value);
}

Tensor::Tensor(std::shared_ptr<Session> session, ONNXTensorElementDataType type, std::vector<int64_t> shape)
    : session_(std::move(session)), type_(type), shape_(std::move(shape)), memory_(session_->allocate(byte_count(type_, shape_))),
      data_(memory_.get()), value_(tensor_over(session_->memory(), data_, type_, shape_)) {}

Tensor::Tensor(std::shared_ptr<Session> session, ort::Owned<OrtValue> value)
    : session_(std::move(session)), value_(std::move(value)) {
  OrtTensorTypeAndShapeInfo* created = nullptr;
  check(api().GetTensorTypeAndShape(value_.get(), &created));
  const ort::Owned<OrtTensorTypeAndShapeInfo> info(created);
  size_t rank = 0;
  check(api().GetTensorElementType(info.get(), &type_));
  check(api().GetDimensionsCount(info.get(), &rank));
  shape_.resize(rank);
  check(api().GetDimensions(info.get(), shape_.data(), rank));
  check(api().GetTensorMutableData(value_.get(), &data_));
  memory_ = value_;
}

Tensor::Tensor(const Tensor& whole, std::vector<int64_t> shape)
    : session_(whole.session_), type_(whole.type_), shape_(std::move(shape)), memory_(whole.memory_), data_(whole.data_),
      value_(tensor_over(session_->memory(), data_, type_, shape_)) {}

size_t Tensor::bytes() const { return byte_count(type_, shape_); }

}  // namespace swiglu::jni
