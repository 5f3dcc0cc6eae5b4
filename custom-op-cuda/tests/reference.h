// The judge: every operator in float64, straight from its formula, sharing nothing with the kernels but the problem's types.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cpu/kernels.h"

namespace test {

using namespace swiglu;

constexpr Activation kActivations[] = {Activation::silu,       Activation::sigmoid,      Activation::gelu,
                                       Activation::gelu_tanh,  Activation::relu,         Activation::quick_gelu,
                                       Activation::squared_relu, Activation::mish,       Activation::identity};

template <class T> double unit_roundoff();
template <> inline double unit_roundoff<float>() { return 0x1p-24; }
template <> inline double unit_roundoff<float16>() { return 0x1p-11; }
template <> inline double unit_roundoff<bfloat16>() { return 0x1p-8; }
template <> inline double unit_roundoff<double>() { return 0x1p-53; }

inline double sigmoid64(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

inline double activate64(const Gate& gate, double x) {
  switch (gate.activation) {
    case Activation::silu:
    case Activation::quick_gelu: return x * sigmoid64(gate.alpha * x);
    case Activation::sigmoid: return sigmoid64(x);
    case Activation::gelu: return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case Activation::gelu_tanh: return x * sigmoid64(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
    case Activation::relu: return x > 0 ? x : 0;
    case Activation::squared_relu: return x > 0 ? x * x : 0;
    case Activation::mish: {
      const double w = std::exp(std::min(x, 30.0));
      return x * (w * w + 2 * w) / (w * w + 2 * w + 2);
    }
    case Activation::identity: return x;
  }
  std::abort();
}

inline double gated64(const Gate& gate, double g, double u) {
  if (gate.limited) {
    g = std::min<double>(g, gate.limit);
    u = std::clamp<double>(u, -gate.limit, gate.limit);
  }
  return activate64(gate, g) * (u + gate.up_offset);
}

// Numbers as a tensor type stores them.
template <class T> double value(T stored) { return widen(stored); }

template <class T> std::vector<T> stored(const std::vector<double>& values) {
  std::vector<T> result;
  for (const double v : values) result.push_back(narrow<T>(static_cast<Accumulator<T>>(v)));
  return result;
}

template <class T> std::vector<double> values_of(const std::vector<T>& stored) {
  std::vector<double> result;
  for (const T v : stored) result.push_back(value(v));
  return result;
}

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  int64_t integer(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine_); }
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
  template <class T> std::vector<T> normal(int64_t count, double scale = 1) {
    std::normal_distribution<double> distribution(0, scale);
    std::vector<double> values(count);
    for (double& v : values) v = distribution(engine_);
    return stored<T>(values);
  }
  Gate gate(Activation activation) {
    Gate gate;
    gate.activation = activation;
    gate.alpha = activation == Activation::quick_gelu ? 1.702f : 1.0f;
    if (activation == Activation::silu && integer(0, 3) == 0) gate.alpha = 0.5f;
    if (integer(0, 3) == 0) {
      gate.limited = true;
      gate.limit = 1.5f;
      gate.up_offset = 1.0f;
    }
    return gate;
  }

 private:
  std::mt19937_64 engine_;
};

// True, with a sentence, where SWIGLU_CPU asks for an instruction set that this processor lacks.
inline bool lacks_forced_instruction_set() {
  const char* forced = std::getenv("SWIGLU_CPU");
  if (forced == nullptr || std::string(forced) == cpu::kernels().instruction_set) return false;
  std::printf("skipped: this processor has no %s\n", forced);
  return true;
}

// A value that no kernel may leave behind in an output.
template <class T> std::vector<T> poisoned(int64_t count) {
  return std::vector<T>(count, narrow<T>(static_cast<Accumulator<T>>(std::nan(""))));
}

inline double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return std::sqrt(sum);
}

// ‖a - b‖
inline double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

// Two plain threads, scratch that is filled with NaN before anyone sees it.
class TwoThreads : public cpu::Workers {
 public:
  void parallel_for(size_t total, void (*body)(void*, size_t), void* argument) const override {
    std::thread other([&] {
      for (size_t i = 1; i < total; i += 2) body(argument, i);
    });
    for (size_t i = 0; i < total; i += 2) body(argument, i);
    other.join();
  }
  void* allocate(size_t bytes) const override {
    const size_t rounded = (bytes + 63) / 64 * 64;
    void* memory = std::aligned_alloc(64, rounded);
    std::fill_n(static_cast<unsigned char*>(memory), rounded, 0xff);
    return memory;
  }
  void release(void* memory) const override { std::free(memory); }
};

}  // namespace test
