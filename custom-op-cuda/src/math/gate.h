// What a gate is, apart from where it is computed:  Y = act(clamp(gate)) ⊙ (clamp(up) + up_offset).
#pragma once

namespace swiglu {

enum class Activation { silu, sigmoid, gelu, gelu_tanh, relu, quick_gelu, squared_relu, mish, identity };

// Where gate and up lie in a packed tensor [..., 2N].
enum class Layout { concat, concat_swapped, interleaved };

struct Gate {
  Activation activation = Activation::silu;
  float alpha = 1.0f;
  bool limited = false;  // gate is clamped from above to `limit`, up to [-limit, limit]
  float limit = 0.0f;
  float up_offset = 0.0f;
};

}  // namespace swiglu
