// One operator for one element type on one execution provider, in the form that ONNX Runtime takes it. ONNX Runtime joins
// all of one name into one schema and picks the kernel by the types of a node.
#pragma once

#include "ort/call.h"

namespace swiglu::ort {

struct Slot {
  const char* name;
  bool optional = false;
};

// What an operator is, whoever computes it.
struct OperatorSpec {
  const char* name;
  std::vector<Slot> inputs;
  std::vector<Slot> outputs;
  // Checks what is known of the operands against each other (a contradiction is thrown as a sentence) and tells the shapes of
  // all outputs as far as they follow.
  Shapes (*infer)(const Attributes& attributes, const Operands& operands);
};

// How one provider computes it for one element type.
struct KernelSpec {
  const OperatorSpec* op;
  const char* provider;
  ONNXTensorElementDataType type;
  void (*run)(const Call& call);
};

class CustomOp : public OrtCustomOp {
 public:
  explicit CustomOp(const KernelSpec& kernel);
  const KernelSpec& kernel() const { return kernel_; }
  const OperatorSpec& op() const { return *kernel_.op; }

 private:
  KernelSpec kernel_;
};

}  // namespace swiglu::ort
