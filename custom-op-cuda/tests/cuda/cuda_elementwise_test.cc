// SwiGLU and SwiGLUGrad on the GPU against float64 on the host: every activation, layout and type, odd sizes and addresses,
// gates from -100 to 100, NaN and infinity, outputs poisoned before and guarded. `--quick` is for compute-sanitizer; `--large`
// takes tensors of more than 2³¹ elements (22 GB of GPU memory).
#include "cuda/elementwise_smxx.h"

#include <cstring>

#include "check.h"
#include "cuda/device_data.h"
#include "cuda/device_memory.h"
#include "reference.h"

using namespace test;

// Gate and up in one tensor of 2 · rows · columns elements: one after the other, or packed in each row.
struct Arrangement {
  const char* name;
  GatedLayout layout;
  int64_t gate, up;  // where they start

  int64_t count() const { return layout.rows * layout.columns; }
  int64_t place(int64_t i) const { return i / layout.columns * layout.row_stride + i % layout.columns * layout.step; }
};

static std::vector<Arrangement> arrangements(int64_t rows, int64_t n) {
  return {{"dense", {1, rows * n, rows * n, 1}, 0, rows * n},
          {"concat", {rows, n, 2 * n, 1}, 0, n},
          {"concat_swapped", {rows, n, 2 * n, 1}, n, 0},
          {"interleaved", {rows, n, 2 * n, 2}, 0, 1}};
}

struct Slope {
  double value, magnitude;  // act'(x) and the sum of its terms' magnitudes, which is what their roundings are relative to
};

static Slope slope64(const Gate& gate, double x) {
  const auto terms = [](double a, double b) { return Slope{a + b, std::fabs(a) + std::fabs(b)}; };
  const double alpha = gate.alpha;
  switch (gate.activation) {
    case Activation::silu:
    case Activation::quick_gelu: {
      const double s = sigmoid64(alpha * x);
      return terms(s, alpha * x * s * sigmoid64(-alpha * x));
    }
    case Activation::sigmoid: return terms(sigmoid64(x) * sigmoid64(-x), 0);
    case Activation::gelu: return terms(0.5 * std::erfc(-x / std::sqrt(2.0)), x * std::exp(-x * x / 2) / std::sqrt(2 * M_PI));
    case Activation::gelu_tanh: {
      const double z = 2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x), s = sigmoid64(z);
      return terms(s, x * s * sigmoid64(-z) * 2 * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x));
    }
    case Activation::relu: return terms(x > 0, 0);
    case Activation::squared_relu: return terms(x > 0 ? 2 * x : 0, 0);
    case Activation::mish: {
      const double t = x == 0 ? 0.6 : activate64(gate, x) / x;  // tanh(ln(1 + eˣ))
      return terms(t, x * sigmoid64(x) * (1 - t * t));
    }
    case Activation::identity: return terms(1, 0);
  }
  std::abort();
}

// One rounding of the result, and what happens inside, relative to every term and to the argument: a few roundings for float32, and
// for 16-bit results the activations of activation_16bit.h, which are off by at most 1.4e-5.
template <class T> constexpr double kInside = std::is_same_v<T, float> ? 0x1p-21 : 0x1p-16;

// A GPU's exponential is 0 below 2⁻¹²⁶, and gates and ups of up to 100 multiply what is lost.
template <class T> static double smallest() { return std::is_same_v<T, float16> ? 0x1p-24 : 0x1p-112; }

template <class T> static bool near(T result, double exact, double nudged, double magnitude) {
  const double allowed = (unit_roundoff<T>() + kInside<T>) * std::fabs(exact) + std::fabs(nudged - exact) + 4 * kInside<T> * magnitude;
  return std::fabs(value(result) - exact) <= allowed + smallest<T>();
}

// Half of the gates are normal, half spread over ±100.
template <class T> static std::vector<T> gated_values(Random& random, const Arrangement& a) {
  std::vector<T> values = random.normal<T>(2 * a.count());
  for (int64_t i = 0; i < a.count(); i += 2) values[a.gate + a.place(i)] = stored<T>({random.uniform(-100, 100)})[0];
  return values;
}

template <class T>
static void check_forward(const Gate& gate, const Arrangement& a, int64_t shift, const std::vector<T>& values,
                          const Stream& stream) {
  const Tensor<T> inputs(values, shift);
  Tensor<T> y(a.count(), shift);
  const auto run = [&] {
    check(cuda::swiglu<T>({gate, a.layout, inputs.data() + a.gate, inputs.data() + a.up, y.data()}, stream), "SwiGLU");
    stream.wait();
  };
  run();
  const std::vector<T> result = y.values();
  for (int64_t i = 0; i < a.count(); ++i) {
    const double g = value(values[a.gate + a.place(i)]), u = value(values[a.up + a.place(i)]), exact = gated64(gate, g, u);
    expect(near(result[i], exact, gated64(gate, g * (1 + kInside<T>), u), 0), a.name, " ", sizeof(T), " bytes, activation ",
           int(gate.activation), " gate ", g, " up ", u, ": ", value(result[i]), " for ", exact);
  }
  expect(y.guards_intact(), a.name, " wrote outside of Y, columns ", a.layout.columns, " shift ", shift);
}

template <class T>
static void check_gradient(const Gate& gate, const Arrangement& a, int64_t shift, const std::vector<T>& values,
                           const std::vector<T>& dy, bool with_up, bool with_y, const Stream& stream) {
  const Tensor<T> inputs(values, shift), upstream(dy, shift);
  Tensor<T> d(2 * a.count(), shift), y(a.count(), shift);
  check(cuda::swiglu_grad<T>({gate, a.layout, upstream.data(), inputs.data() + a.gate, inputs.data() + a.up, d.data() + a.gate,
                              with_up ? d.data() + a.up : nullptr, with_y ? y.data() : nullptr}, stream), "SwiGLUGrad");
  stream.wait();
  const std::vector<T> gradients = d.values(), forward = y.values();
  for (int64_t i = 0; i < a.count(); ++i) {
    const int64_t at = a.place(i);
    const double g = value(values[a.gate + at]), u = value(values[a.up + at]), v = value(dy[i]), nudged = g * (1 + kInside<T>);
    const double clamped = gate.limited ? std::min<double>(g, gate.limit) : g, limit = gate.limit;
    const double offset_up = (gate.limited ? std::clamp(u, -limit, limit) : u) + gate.up_offset;
    const double gate_passes = !(gate.limited && g > limit), up_passes = !(gate.limited && std::fabs(u) > limit);
    const Slope slope = slope64(gate, clamped), nudged_slope = slope64(gate, clamped * (1 + kInside<T>));
    const double d_gate = gate_passes * v * offset_up * slope.value, d_up = up_passes * v * activate64(gate, clamped);
    const auto about = [&](const char* what, T result, double exact) {
      return std::string(what) + " " + a.name + ", activation " + std::to_string(int(gate.activation)) + " gate " +
             std::to_string(g) + ": " + std::to_string(value(result)) + " for " + std::to_string(exact);
    };
    const bool gate_near = near(gradients[a.gate + at], d_gate, gate_passes * v * offset_up * nudged_slope.value,
                                std::fabs(v * offset_up) * slope.magnitude);
    expect(gate_near, about("d_gate", gradients[a.gate + at], d_gate));
    const double nudged_up = up_passes * v * activate64(gate, clamped * (1 + kInside<T>));
    if (with_up) expect(near(gradients[a.up + at], d_up, nudged_up, 0), about("d_up", gradients[a.up + at], d_up));
    const double exact = gated64(gate, g, u);
    if (with_y) expect(near(forward[i], exact, gated64(gate, nudged, u), 0), about("Y", forward[i], exact));
  }
  expect(d.guards_intact() && y.guards_intact(), a.name, " wrote outside of the gradients, columns ", a.layout.columns);
}

template <class T> static void check_type(bool quick, const Stream& stream) {
  Random random(20261121);
  const std::vector<int64_t> sizes = quick ? std::vector<int64_t>{7, 64} : std::vector<int64_t>{1, 7, 8, 33, 512, 1001};
  for (const Activation activation : kActivations) {
    for (const int64_t n : sizes) {
      for (const Arrangement& a : arrangements(3, n)) {
        const Gate gate = random.gate(activation);
        const std::vector<T> values = gated_values<T>(random, a), dy = random.normal<T>(a.count());
        for (const int64_t shift : {0, 1}) {
          check_forward(gate, a, shift, values, stream);
          check_gradient(gate, a, shift, values, dy, random.integer(0, 3) > 0, random.integer(0, 1) == 1, stream);
        }
      }
    }
  }
  for (const Arrangement& a : arrangements(3, 0)) check_forward<T>({}, a, 0, {}, stream);
}

// NaN and infinity come out exactly where the formula puts them.
template <class T> static void check_special_values(const Stream& stream) {
  for (const Activation activation : kActivations) {
    Gate gate;
    gate.activation = activation;
    const int64_t n = 1003;
    std::vector<double> g(n, 1), u(n, 1);
    g[17] = NAN, u[500] = NAN, g[1002] = u[1002] = NAN;
    g[3] = INFINITY, u[4] = INFINITY, g[5] = 0, u[5] = INFINITY;
    const Tensor<T> gates(stored<T>(g)), ups(stored<T>(u));
    const Tensor<T> y(n);
    check(cuda::swiglu<T>({gate, {1, n, n, 1}, gates.data(), ups.data(), y.data()}, stream));
    stream.wait();
    const std::vector<double> result = values_of(y.values());
    const bool sigmoid = activation == Activation::sigmoid;
    for (int64_t i = 0; i < n; ++i) {
      const bool nan = i == 17 || i == 500 || i == 1002 || (i == 5 && !sigmoid);
      expect(std::isnan(result[i]) == nan, "NaN at ", i, ", activation ", int(activation), ": ", result[i]);
    }
    expect(sigmoid ? result[3] == 1 : result[3] == INFINITY, "act(inf)·1, activation ", int(activation), ": ", result[3]);
    expect(result[4] == INFINITY, "act(1)·inf, activation ", int(activation), ": ", result[4]);
  }
}

template <class T> static void check_twenty_runs_agree(const Stream& stream) {
  Random random(5);
  for (const Arrangement& a : arrangements(5, 1001)) {
    const Tensor<T> inputs(gated_values<T>(random, a)), dy(random.normal<T>(a.count())), y(a.count()), d(2 * a.count());
    uint64_t first = 0;
    for (int run = 0; run < 20; ++run) {
      check(cuda::swiglu<T>({{}, a.layout, inputs.data() + a.gate, inputs.data() + a.up, y.data()}, stream));
      check(cuda::swiglu_grad<T>({{}, a.layout, dy.data(), inputs.data() + a.gate, inputs.data() + a.up, d.data() + a.gate,
                                  d.data() + a.up, nullptr}, stream));
      const uint64_t now = fingerprint(y.data(), a.count() * sizeof(T), stream) ^
                           fingerprint(d.data(), 2 * a.count() * sizeof(T), stream) << 1;
      if (run == 0) first = now;
      expect(now == first, a.name, ": run ", run, " differs");
    }
  }
}

// More than 2³¹ elements in each tensor: right at both ends and around 2³¹.
static void check_large(const Stream& stream) {
  using T = bfloat16;
  const int64_t columns = 11008, rows = (int64_t(1) << 31) / columns + 77, count = rows * columns, sampled = 100000;
  const Tensor<T> gate(count), up(count), dy(count), y(count), d_gate(count);
  fill_normal(gate.data(), count, 3, 1, stream);
  fill_normal(up.data(), count, 1, 2, stream);
  fill_normal(dy.data(), count, 1, 3, stream);
  const GatedLayout dense = {1, count, count, 1};
  check(cuda::swiglu<T>({{}, dense, gate.data(), up.data(), y.data()}, stream));
  check(cuda::swiglu_grad<T>({{}, dense, dy.data(), gate.data(), up.data(), d_gate.data(), nullptr, nullptr}, stream));
  stream.wait();
  for (const int64_t first : {int64_t(0), (int64_t(1) << 31) - sampled / 2, count - sampled}) {
    const std::vector<T> g = gate.values(first, sampled), u = up.values(first, sampled), v = dy.values(first, sampled);
    const std::vector<T> forward = y.values(first, sampled), gradient = d_gate.values(first, sampled);
    for (int64_t i = 0; i < sampled; ++i) {
      const double x = value(g[i]), w = value(u[i]), s = value(v[i]) * w;
      expect(near(forward[i], gated64({}, x, w), gated64({}, x * (1 + kInside<T>), w), 0), "large SwiGLU at ", first + i);
      const Slope slope = slope64({}, x);
      expect(near(gradient[i], s * slope.value, s * slope64({}, x * (1 + kInside<T>)).value, std::fabs(s) * slope.magnitude),
             "large SwiGLUGrad at ", first + i);
    }
  }
  // Packed rows: the same numbers lie elsewhere.
  const Arrangement packed = arrangements(rows / 2, columns)[1];
  check(cuda::swiglu<T>({{}, packed.layout, gate.data(), gate.data() + packed.up, y.data()}, stream));
  stream.wait();
  const std::vector<T> last = gate.values((rows / 2 - 1) * 2 * columns, 2 * columns);
  const std::vector<T> result = y.values((rows / 2 - 1) * columns, columns);
  for (int64_t i = 0; i < columns; ++i) {
    const double x = value(last[i]), w = value(last[columns + i]);
    expect(near(result[i], gated64({}, x, w), gated64({}, x * (1 + kInside<T>), w), 0), "large packed SwiGLU, last row, at ", i);
  }
}

int main(int argc, char** argv) {
  if (lacks_gpu()) return kSkipped;
  const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0, large = argc > 1 && std::strcmp(argv[1], "--large") == 0;
  if (quick) guard_bytes = 0;
  const Stream stream;
  if (large) {
    check_large(stream);
    return finish("cuda_elementwise --large");
  }
  check_type<float>(quick, stream);
  check_type<float16>(quick, stream);
  check_type<bfloat16>(quick, stream);
  check_special_values<float>(stream);
  check_special_values<float16>(stream);
  check_special_values<bfloat16>(stream);
  if (!quick) {
    check_twenty_runs_agree<float>(stream);
    check_twenty_runs_agree<float16>(stream);
    check_twenty_runs_agree<bfloat16>(stream);
  }
  return finish("cuda_elementwise");
}
