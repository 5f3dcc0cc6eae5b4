// A tensor in a device's memory.
#pragma once

#include "jni/session.h"

namespace swiglu::jni {

class Tensor {
 public:
  // Of undefined content.
  Tensor(std::shared_ptr<Session> session, ONNXTensorElementDataType type, std::vector<int64_t> shape);
  // What ONNX Runtime computed; takes `value` over.
  Tensor(std::shared_ptr<Session> session, ort::Owned<OrtValue> value);
  // The first elements of another tensor's memory, which lives as long as either.
  Tensor(const Tensor& whole, std::vector<int64_t> shape);

  const std::shared_ptr<Session>& session() const { return session_; }
  const OrtValue* value() const { return value_.get(); }
  std::byte* data() const { return static_cast<std::byte*>(data_); }
  ONNXTensorElementDataType type() const { return type_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  size_t bytes() const;

 private:
  std::shared_ptr<Session> session_;
  ONNXTensorElementDataType type_ = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::vector<int64_t> shape_;
  std::shared_ptr<void> memory_;  // what `data_` belongs to
  void* data_ = nullptr;
  std::shared_ptr<OrtValue> value_;
};

size_t byte_count(ONNXTensorElementDataType type, const std::vector<int64_t>& shape);

// A tensor of ONNX Runtime's over memory of others.
ort::Owned<OrtValue> tensor_over(const OrtMemoryInfo* where, void* data, ONNXTensorElementDataType type,
                                 const std::vector<int64_t>& shape);

}  // namespace swiglu::jni
