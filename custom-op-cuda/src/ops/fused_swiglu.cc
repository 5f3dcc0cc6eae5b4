#include "ops/fused_swiglu.h"

namespace swiglu {

using ort::invalid;

GemmSizes gemm_sizes(const Shape& x, const Shape& w_gate, bool trans_b) {
  const int64_t k = x.back().value, n = w_gate[trans_b ? 0 : 1].value;
  return {product(x, 0, x.size() - 1), k, n, trans_b};
}

// What the inputs that both operators share have in common, as far as it is known.
struct Projections {
  std::optional<Shape> x, weights, result;
  Dimension n;
};

static Projections project(const Attributes& attributes, const std::optional<Shape>& x, const std::optional<Shape>& w_gate,
                           const std::optional<Shape>& w_up, const std::optional<Shape>& b_gate,
                           const std::optional<Shape>& b_up) {
  const char* form = attributes.trans_b ? "[N, K]" : "[K, N]";
  Projections all;
  for (const auto& [weights, name] : {std::pair{&w_gate, "W_gate"}, std::pair{&w_up, "W_up"}}) {
    if (!*weights) continue;
    if ((*weights)->size() != 2) {
      throw invalid(std::string(name) + " has shape " + text(**weights) + "; it must be a matrix " + form + ".");
    }
    if (all.weights && !agree(*all.weights, **weights)) {
      throw invalid("W_gate has shape " + text(*all.weights) + " and W_up " + text(**weights) + "; they must be equal.");
    }
    all.weights = all.weights ? merged(*all.weights, **weights) : **weights;
  }
  const size_t n_axis = attributes.trans_b ? 0 : 1;
  if (all.weights) all.n = (*all.weights)[n_axis];
  for (const auto& [bias, name] : {std::pair{&b_gate, "b_gate"}, std::pair{&b_up, "b_up"}}) {
    if (*bias && ((*bias)->size() != 1 || !agree((**bias)[0], all.n))) {
      throw invalid(std::string(name) + " has shape " + text(**bias) + "; with weights " +
                    (all.weights ? text(*all.weights) : form) + " it must be [N].");
    }
  }
  if (!x) return all;
  if (x->empty()) throw invalid("X must have at least one dimension, its last being K.");
  if (all.weights && !agree(x->back(), (*all.weights)[1 - n_axis])) {
    throw invalid("X has shape " + text(*x) + " and the weights " + text(*all.weights) + "; X's last dimension must be K of weights " +
                  form + ".");
  }
  all.x = x;
  all.result = *x;
  all.result->back() = all.n;
  return all;
}

static void expect_result(const Projections& all, const std::optional<Shape>& given, const char* name) {
  if (given && all.result && !agree(*given, *all.result)) {
    throw invalid(std::string(name) + " has shape " + text(*given) + "; from X and the weights it must be " +
                  text(*all.result) + ".");
  }
}

static Shapes infer_fused_swiglu(const Attributes& attributes, const Operands& operands) {
  const std::vector<Operand>& in = operands.inputs;
  const Projections all = project(attributes, in[0].shape, in[1].shape, in[2].shape, in[3].shape, in[4].shape);
  return {all.result, all.result, all.result};
}

static Shapes infer_fused_swiglu_grad(const Attributes& attributes, const Operands& operands) {
  const std::vector<Operand>& in = operands.inputs;
  if (in[6].given != in[7].given) throw invalid("gate and up must be given together, or neither.");
  const Projections all = project(attributes, in[1].shape, in[2].shape, in[3].shape, in[4].shape, in[5].shape);
  expect_result(all, in[0].shape, "dY");
  expect_result(all, in[6].shape, "gate");
  expect_result(all, in[7].shape, "up");
  std::optional<Shape> bias;
  if (all.weights) bias = Shape{all.n};
  return {all.x, all.weights, all.weights, bias, bias, all.result};
}

const ort::OperatorSpec kFusedSwiGLU = {"FusedSwiGLU",
                                        {{"X"}, {"W_gate"}, {"W_up"}, {"b_gate", true}, {"b_up", true}},
                                        {{"Y"}, {"gate", true}, {"up", true}},
                                        infer_fused_swiglu};

const ort::OperatorSpec kFusedSwiGLUGrad = {
    "FusedSwiGLUGrad",
    {{"dY"}, {"X"}, {"W_gate"}, {"W_up"}, {"b_gate", true}, {"b_up", true}, {"gate", true}, {"up", true}},
    {{"dX", true}, {"dW_gate", true}, {"dW_up", true}, {"db_gate", true}, {"db_up", true}, {"Y", true}},
    infer_fused_swiglu_grad};

}  // namespace swiglu
