#include "ops/swiglu.h"

namespace swiglu {

using ort::invalid;

GatedPlacement placement(const Shape& a, bool packed, Layout layout) {
  if (!packed) {
    const int64_t count = product(a, 0, a.size());
    return {{1, count, count, 1}, 0, 0};
  }
  const int64_t rows = product(a, 0, a.size() - 1), n = a.back().value / 2;
  switch (layout) {
    case Layout::concat: return {{rows, n, 2 * n, 1}, 0, n};
    case Layout::concat_swapped: return {{rows, n, 2 * n, 1}, n, 0};
    case Layout::interleaved: return {{rows, n, 2 * n, 2}, 0, 1};
  }
  return {};
}

// The shape of Y for A and, where it is given, B.
static Shape gated_shape(const Shape& a, const Operand& b) {
  if (b.given) {
    if (!b.shape) return a;
    if (!agree(a, *b.shape)) {
      throw invalid("A has shape " + text(a) + " and B " + text(*b.shape) + "; they must be equal, there is no broadcasting.");
    }
    return merged(a, *b.shape);
  }
  if (a.empty()) throw invalid("packed A must have at least one dimension.");
  Shape y = a;
  if (a.back().known() && a.back().value % 2 != 0) {
    throw invalid("packed A has shape " + text(a) + "; its last dimension holds gate and up, so it must be even.");
  }
  y.back() = a.back().known() ? Dimension{a.back().value / 2, ""} : Dimension{};
  return y;
}

static Shapes infer_swiglu(const Attributes&, const Operands& operands) {
  const Operand &a = operands.inputs[0], &b = operands.inputs[1];
  if (!a.shape) return {std::nullopt};
  return {gated_shape(*a.shape, b)};
}

static Shapes infer_swiglu_grad(const Attributes&, const Operands& operands) {
  const std::optional<Shape>&dy = operands.inputs[0].shape, &a = operands.inputs[1].shape;
  const Operand& b = operands.inputs[2];
  if (!b.given && operands.wants(1)) throw invalid("dB is asked for, but A is packed; its gradient is all in dA.");
  if (!a) return {std::nullopt, std::nullopt, std::nullopt};
  const Shape y = gated_shape(*a, b);
  if (dy && !agree(*dy, y)) throw invalid("dY has shape " + text(*dy) + " but the gated product has " + text(y) + ".");
  return {*a, y, y};
}

const ort::OperatorSpec kSwiGLU = {"SwiGLU", {{"A"}, {"B", true}}, {{"Y"}}, infer_swiglu};

const ort::OperatorSpec kSwiGLUGrad = {
    "SwiGLUGrad", {{"dY"}, {"A"}, {"B", true}}, {{"dA", true}, {"dB", true}, {"Y", true}}, infer_swiglu_grad};

}  // namespace swiglu
