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

// The shape of Y for A and, where it is given, B. In shape inference an absent B may only be one of unknown shape.
static Shape gated_shape(const Shape& a, const std::optional<Shape>& b) {
  if (b) {
    if (!agree(a, *b)) throw invalid("A has shape " + text(a) + " and B " + text(*b) + "; they must be equal, there is no broadcasting.");
    return merged(a, *b);
  }
  if (a.empty()) throw invalid("packed A must have at least one dimension.");
  Shape y = a;
  if (a.back().known() && a.back().value % 2 != 0) {
    throw invalid("packed A has shape " + text(a) + "; its last dimension holds gate and up, so it must be even.");
  }
  y.back() = a.back().known() ? Dimension{a.back().value / 2, ""} : Dimension{};
  return y;
}

static Shapes infer_swiglu(const Attributes&, const Shapes& inputs) {
  if (!inputs[0]) return {std::nullopt};
  return {gated_shape(*inputs[0], inputs[1])};
}

static Shapes infer_swiglu_grad(const Attributes&, const Shapes& inputs) {
  const std::optional<Shape>&dy = inputs[0], &a = inputs[1], &b = inputs[2];
  if (!a) return {std::nullopt, std::nullopt, std::nullopt};
  const Shape y = gated_shape(*a, b);
  if (dy && !agree(*dy, y)) throw invalid("dY has shape " + text(*dy) + " but the gated product has " + text(y) + ".");
  return {*a, y, y};
}

const ort::OperatorSpec kSwiGLU = {"SwiGLU", {{"A"}, {"B", true}}, {{"Y"}}, infer_swiglu};

const ort::OperatorSpec kSwiGLUGrad = {
    "SwiGLUGrad", {{"dY"}, {"A"}, {"B", true}}, {{"dA", true}, {"dB", true}, {"Y", true}}, infer_swiglu_grad};

}  // namespace swiglu
