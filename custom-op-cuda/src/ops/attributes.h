// The attributes that all four operators share, read from a node; values that mean nothing are refused. ONNX Runtime does not tell
// a custom operator which attributes a node has, so a name that nobody knows goes unnoticed here.
#pragma once

#include <optional>
#include <string>

#include "math/gate.h"
#include "ops/shape.h"

namespace swiglu {

// Where attributes come from: a kernel's node, or a node in shape inference. Absent attributes are empty; one of another
// type is refused.
class AttributeSource {
 public:
  virtual ~AttributeSource() = default;
  virtual std::optional<std::string> text(const char* name) const = 0;
  virtual std::optional<float> number(const char* name) const = 0;
  virtual std::optional<int64_t> integer(const char* name) const = 0;
};

struct Attributes {
  Gate gate;
  Layout layout = Layout::concat;
  bool trans_b = false;
  bool exact_float32 = false;  // precision="fp32": no TF32 products on a GPU

  static Attributes read(const AttributeSource& source);
};

}  // namespace swiglu
