// FusedSwiGLU on the GPU, every path that takes a problem: random shapes, activations, types, optional tensors and addresses
// against the float64 judge (judge.h has the rule); every tile shape; edges; twenty runs; and first of all, so that the kernels are
// used for the first time there, two threads with a stream each and capture into a CUDA graph. Where there are two GPUs, both work.
//   --path NAME   only that path     --quick   few small cases, for compute-sanitizer     --large   more than 2³¹ elements (25 GB)
#include <thread>

#include "cuda/fused_case.h"
#include "cuda/judge.h"
#include "cuda/path_tests.h"

using namespace test;
using cuda::Path;

template <class T> static void run(const FusedSwiGLUProblem<T>& problem, Path path, const Stream& stream) {
  const cudaError_t error = cuda::fused_swiglu(problem, {cuda::current_device(), stream}, path);
  expect(error == cudaSuccess, cuda::name(path), " ", type_name<T>(), ": ", cudaGetErrorString(error));
}

template <class T> static Products products_of(const FusedSwiGLUProblem<T>& problem, Path path) {
  if (path == Path::automatic) path = cuda::choose(problem, cuda::current_device());
  return std::is_same_v<T, float> && path != Path::plain_smxx ? Products::tf32 : Products::float32;
}

template <class T>
static void check_case(const FusedCase& c, int runs, const Stream& stream, const std::vector<int64_t>& rows = {}) {
  FusedTensors<T> tensors(c, stream);
  const FusedSwiGLUProblem<T> problem = tensors.problem();
  const Judge float32(problem, Products::float32, rows, stream);
  const Judge tf32(problem, std::is_same_v<T, float> ? Products::tf32 : Products::float32, rows, stream);
  for (const Path path : paths_for(problem)) {
    uint64_t first = 0;
    for (int i = 0; i < runs; ++i) {
      tensors.poison_outputs();
      run(problem, path, stream);
      const uint64_t now = runs > 1 ? tensors.outputs_fingerprint(stream) : 0;
      if (i == 0) first = now;
      expect(now == first, cuda::name(path), " ", type_name<T>(), " ", c, ": run ", i, " differs");
    }
    const bool as_tf32 = products_of(problem, path) == Products::tf32;
    const Verdict verdict = (as_tf32 ? tf32 : float32).judge(problem.y, problem.gate, problem.up, stream);
    const bool guarded = tensors.guards_intact();
    expect(guarded, cuda::name(path), " ", type_name<T>(), " ", c, " wrote outside of its outputs");
    expect(verdict.passes(), cuda::name(path), " ", type_name<T>(), " ", c, ": error ", verdict.error, ", unfused ",
           verdict.error_unfused, ", allowed ", verdict.allowed(), "; ", verdict.wrong_elements, " wrong elements, the worst at ",
           verdict.worst, " times what is allowed");
    Tally& tally = tallies[std::string(cuda::name(path)) + " " + (as_tf32 ? "tf32" : type_name<T>())];
    tally.add(verdict.passes() && guarded, verdict.error, verdict.allowed());
    tally.worst = std::max(tally.worst, verdict.worst);
  }
}

static FusedCase plain_case(const GemmSizes& sizes) {
  FusedCase c;
  c.sizes = sizes;
  return c;
}

static FusedCase random_case(Random& random, int index) {
  const std::vector<int64_t> m_values = {1, 2, 3, 7, 8, 9, 16, 17, 31, 32, 33, 63, 64, 65, 100,
                                         127, 128, 129, 200, 255, 256, 257, 300, 512, 640, 1000};
  const std::vector<int64_t> even = {8, 64, 72, 128, 200, 256, 320, 1000, 1408, 2048}, odd = {1, 7, 17, 63, 65, 100, 127, 999};
  const auto any = [&](const std::vector<int64_t>& values, int64_t most) { return values[random.integer(0, most)]; };
  const auto size = [&] { return random.integer(0, 3) > 0 ? any(even, quick ? 5 : 9) : any(odd, quick ? 5 : 7); };
  FusedCase c;
  c.sizes = {any(m_values, quick ? 18 : index % 2 == 0 ? 12 : 25), size(), size(), random.integer(0, 2) == 0};
  c.gate = random.gate(kActivations[index % std::size(kActivations)]);
  c.gate_scale = index % 5 == 4 ? 30 : 1;
  c.with_b_gate = random.integer(0, 2) == 0;
  c.with_b_up = random.integer(0, 2) == 0;
  c.with_gate = random.integer(0, 2) == 0;
  c.with_up = random.integer(0, 2) == 0;
  c.exact_float32 = random.integer(0, 2) == 0;
  c.shift = index % 12 == 11 ? 1 : 0;
  c.seed = 1000 + index;
  return c;
}

template <class T> static void check_random_cases(int count, const Stream& stream) {
  Random random(20261121);
  for (int i = 0; i < count; ++i) check_case<T>(random_case(random, i), !quick && i % 10 == 0 ? 20 : 1, stream);
}

template <class T> static void check_edges(const Stream& stream) {
  FusedCase c;
  c.with_b_gate = c.with_gate = true;
  for (const GemmSizes sizes : {GemmSizes{0, 64, 64}, {5, 64, 0}, {0, 0, 0}, {1, 0, 64}, {33, 0, 200}, {129, 0, 72, true}}) {
    c.sizes = sizes;
    c.with_b_up = !c.with_b_up;
    check_case<T>(c, 1, stream);
  }
}

// Enough for several tiles a block and several waves of blocks, at the size of a real layer.
template <class T> static void check_layer(const Stream& stream) {
  std::vector<int64_t> rows = {0, 1, 2046, 2047};
  for (int64_t i = 13; i < 2048; i += 97) rows.push_back(i);
  for (const bool trans_b : {false, true}) check_case<T>(plain_case({2048, 4096, 11008, trans_b}), 3, stream, rows);
  for (const int64_t m : {1, 16, 64}) check_case<T>(plain_case({m, 4096, 11008, false}), 20, stream);
}

// Every tile shape of the Hopper kernels as an H200 chooses them, several tiles a block, wide and narrow ones together, clusters of
// every kind: as they are, and with all that a problem may ask for.
template <class T> static void check_tiles(const Stream& stream) {
  struct Tiling {
    GemmSizes sizes;
    bool quick;
  };
  const Tiling tilings[] = {
      {{512, 128, 11016, false}, false},                                      // 112 columns, pairs that share the weights
      {{200, 72, 7048, false}, true},
      {{260, 64, 14344, false}, false},                                       // 128 and 96
      {{1030, 72, 4104, false}, false},  {{1030, 72, 4104, true}, false},     // 128 and 64
      {{1100, 256, 2048, false}, true},                                       // 96, pairs that share the weights
      {{100, 128, 11016, false}, false}, {{100, 128, 11016, true}, false},    // 96, fours that share X
      {{64, 128, 11016, false}, true},   {{33, 512, 5640, true}, false},      // the same, X has half of a tile's rows
      {{100, 72, 40008, false}, false},  {{40, 72, 40008, true}, false},      // 128, fours that share X
      {{100, 2048, 1408, false}, true},                                       // clusters that share the depth
      {{255, 1024, 1408, false}, false}, {{255, 1024, 1408, true}, false},
      {{40, 2048, 1408, false}, true},                                        // decode: k cut
      {{64, 512, 11016, false}, false},  {{17, 256, 14344, false}, false}};  // decode: X shared
  for (const auto& [sizes, in_quick] : tilings) {
    if (quick && !in_quick) continue;
    FusedCase c = plain_case(sizes);
    if (!quick) check_case<T>(c, 1, stream);
    c.gate = {Activation::quick_gelu, 1.702f, true, 1.5f, 1.0f};
    c.with_b_gate = c.with_b_up = c.with_gate = c.with_up = true;
    check_case<T>(c, 1, stream, quick ? std::vector<int64_t>{0, 1, sizes.m / 2, sizes.m - 1} : std::vector<int64_t>{});
  }
}

// Two threads, each with its own stream and shapes and the second one on device `other_device`, give what each gives alone.
template <class T> static void check_two_threads(int other_device) {
  for (const Path path : paths) {
    const auto work = [path, other_device](int which, std::vector<uint64_t>* results, int rounds) {
      check(cudaSetDevice(which * other_device), "device");
      const Stream stream;
      const FusedTensors<T> a(plain_case({17 + 40 * which, 512, 1408, false}), stream);
      const FusedTensors<T> b(plain_case({1 + 63 * which, 256, 320, false}), stream);
      for (int i = 0; i < rounds; ++i) {
        run(a.problem(), path, stream);
        run(b.problem(), path, stream);
        results->push_back(a.outputs_fingerprint(stream) + 7 * b.outputs_fingerprint(stream));
      }
    };
    std::vector<uint64_t> alone[2], together[2];
    std::thread other(work, 1, &together[1], 30);
    work(0, &together[0], 30);
    other.join();
    for (const int which : {1, 0}) work(which, &alone[which], 1);
    for (const int which : {0, 1}) {
      for (const uint64_t result : together[which]) {
        expect(result == alone[which][0], cuda::name(path), " ", type_name<T>(), " differs with another thread at work");
      }
    }
  }
}

// One problem for each of three paths, on a device that is not the first.
static void check_other_device(int device) {
  check(cudaSetDevice(device), "device");
  {
    const Stream stream;
    check_case<float16>(plain_case({300, 1000, 1408, false}), 2, stream);
    check_case<float16>(plain_case({5, 1000, 1408, false}), 2, stream);
    check_case<float>(plain_case({300, 1000, 1408, false}), 2, stream);
  }
  check(cudaSetDevice(0), "device");
}

// What is captured gives the same as what runs at once, even if a kernel is captured before it ever ran.
template <class T> static void check_graph(const Stream& stream) {
  for (const int64_t m : {1, 40, 300}) {
    FusedTensors<T> tensors(plain_case({m, 1000, 1408, false}), stream);
    for (const Path path : paths_for(tensors.problem())) {
      const cudaGraphExec_t graph = captured(stream, [&] {
        run(tensors.problem(), path, stream);
        run(tensors.problem(), path, stream);
      });
      std::vector<uint64_t> replayed;
      for (int replay = 0; replay < 3; ++replay) {
        tensors.poison_outputs();
        check(cudaGraphLaunch(graph, stream), "replay");
        replayed.push_back(tensors.outputs_fingerprint(stream));
      }
      tensors.poison_outputs();
      run(tensors.problem(), path, stream);
      const uint64_t direct = tensors.outputs_fingerprint(stream);
      for (const uint64_t result : replayed) expect(result == direct, cuda::name(path), " ", type_name<T>(), ": a replay differs");
      check(cudaGraphExecDestroy(graph));
    }
  }
}

// Outputs, then weights, of more than 2³¹ elements: rows at both ends, and around element 2³¹.
static void check_large(const Stream& stream) {
  const int64_t middle = (int64_t(1) << 31) / 11008;
  FusedCase c;
  c.sizes = {middle + 77, 64, 11008, false};
  c.with_gate = c.with_up = true;
  const int64_t m = c.sizes.m;
  check_case<bfloat16>(c, 1, stream, {0, 1, 2, 127, 128, middle - 1, middle, middle + 1, m - 3, m - 2, m - 1});
  for (const bool trans_b : {false, true}) check_case<bfloat16>(plain_case({3, 65536, 32840, trans_b}), 1, stream);
  check_case<bfloat16>(plain_case({130, 65536, 32840, false}), 1, stream, {0, 64, 129});
}

int main(int argc, char** argv) {
  if (!read_arguments(argc, argv, {Path::automatic, Path::gemm_sm90, Path::decode_sm90, Path::tf32_sm90, Path::mma_sm80, Path::plain_smxx})) return 2;
  if (lacks_gpu()) return kSkipped;
  const Stream stream;
  if (large) {
    check_large(stream);
  } else {
    if (!quick) check_two_threads<bfloat16>(0);
    check_graph<float16>(stream);
    if (!quick) check_graph<float>(stream);
    const int cases = quick ? 12 : 300;
    check_edges<float16>(stream);
    check_edges<float>(stream);
    check_random_cases<float16>(cases, stream);
    check_random_cases<bfloat16>(cases, stream);
    check_random_cases<float>(cases, stream);
    check_tiles<bfloat16>(stream);
    if (!quick) {
      check_tiles<float16>(stream);
      check_tiles<float>(stream);
      check_layer<float16>(stream);
      check_layer<bfloat16>(stream);
      check_layer<float>(stream);
      check_two_threads<float>(0);
      if (device_count() > 1) {
        check_other_device(1);
        check_two_threads<float16>(1);
        check_two_threads<float>(1);
      }
    }
  }
  return finish_with_table("cuda_fused_swiglu", "cases");
}
