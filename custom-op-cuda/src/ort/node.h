// A node as ONNX Runtime shows it when its kernel is created and when shapes are inferred.
#pragma once

#include "ops/attributes.h"
#include "ops/shape.h"
#include "ort/api.h"

namespace swiglu::ort {

// Attributes of a kernel's node, and what is known of its tensors before it runs.
class KernelNode : public AttributeSource {
 public:
  explicit KernelNode(const OrtKernelInfo* info) : info_(info) {}
  std::string name() const;
  Operands operands(size_t input_count) const;

  std::optional<std::string> text(const char* name) const override;
  std::optional<float> number(const char* name) const override;
  std::optional<int64_t> integer(const char* name) const override;

 private:
  std::vector<bool> wanted() const;
  void refuse_other_type(const char* name, const char* wanted) const;
  const OrtKernelInfo* info_;
};

// The same during shape inference, and the shapes that are inferred.
class InferenceNode : public AttributeSource {
 public:
  explicit InferenceNode(OrtShapeInferContext* context) : context_(context) {}
  Operands operands(size_t input_count) const;
  // The output's type is that of the first input, as for all of these operators. Does nothing if the node does not name it.
  void set_output_shape(size_t index, const Shape& shape) const;

  std::optional<std::string> text(const char* name) const override;
  std::optional<float> number(const char* name) const override;
  std::optional<int64_t> integer(const char* name) const override;

 private:
  OrtShapeInferContext* context_;
};

Shape shape_of(const OrtTensorTypeAndShapeInfo* info);

}  // namespace swiglu::ort
