#include "ops/attributes.h"

#include <cmath>
#include <utility>

#include "ort/api.h"

namespace swiglu {

using ort::invalid;

// The value's name among those allowed; anything else is refused with the list.
template <class Value, size_t kCount>
static Value choose(const AttributeSource& source, const char* attribute, Value otherwise,
                    const std::pair<const char*, Value> (&allowed)[kCount]) {
  const std::optional<std::string> name = source.text(attribute);
  if (!name) return otherwise;
  std::string list;
  for (const auto& [known, value] : allowed) {
    if (*name == known) return value;
    list += (list.empty() ? "" : ", ") + std::string(known);
  }
  throw invalid("attribute " + std::string(attribute) + "=\"" + *name + "\" is not known; it is one of " + list + ".");
}

static float finite(const char* attribute, float value) {
  if (!std::isfinite(value)) throw invalid("attribute " + std::string(attribute) + " must be a finite number.");
  return value;
}

static Gate read_gate(const AttributeSource& source) {
  static const std::pair<const char*, Activation> kActivations[] = {
      {"silu", Activation::silu},           {"sigmoid", Activation::sigmoid}, {"gelu", Activation::gelu},
      {"gelu_tanh", Activation::gelu_tanh}, {"relu", Activation::relu},       {"quick_gelu", Activation::quick_gelu},
      {"squared_relu", Activation::squared_relu}, {"mish", Activation::mish}, {"identity", Activation::identity}};
  Gate gate;
  gate.activation = choose(source, "activation", Activation::silu, kActivations);
  const bool quick_gelu = gate.activation == Activation::quick_gelu;
  gate.alpha = finite("alpha", source.number("alpha").value_or(quick_gelu ? 1.702f : 1.0f));
  if (gate.alpha != 1.0f && !quick_gelu && gate.activation != Activation::silu) {
    throw invalid("attribute alpha belongs to the activations silu and quick_gelu only.");
  }
  if (const std::optional<float> limit = source.number("limit")) {
    gate.limited = true;
    gate.limit = finite("limit", *limit);
    if (!(gate.limit > 0)) throw invalid("attribute limit must be greater than 0; leave it out for no clamping.");
  }
  gate.up_offset = finite("up_offset", source.number("up_offset").value_or(0.0f));
  return gate;
}

Attributes Attributes::read(const AttributeSource& source) {
  static const std::pair<const char*, Layout> kLayouts[] = {{"concat", Layout::concat},
                                                            {"concat_swapped", Layout::concat_swapped},
                                                            {"interleaved", Layout::interleaved}};
  static const std::pair<const char*, bool> kPrecisions[] = {{"tf32", false}, {"fp32", true}};
  Attributes attributes;
  attributes.gate = read_gate(source);
  attributes.layout = choose(source, "layout", Layout::concat, kLayouts);
  attributes.exact_float32 = choose(source, "precision", false, kPrecisions);
  const int64_t trans_b = source.integer("transB").value_or(0);
  if (trans_b != 0 && trans_b != 1) throw invalid("attribute transB must be 0 or 1, not " + std::to_string(trans_b) + ".");
  attributes.trans_b = trans_b == 1;
  return attributes;
}

}  // namespace swiglu
