#include "cuda/fused/paths.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>

#include "cuda/fused/decode_sm90/decode_sm90_16bit.h"
#include "cuda/fused/gemm_sm90/gemm_sm90_16bit.h"
#include "cuda/fused/mma_sm80/mma_sm80.h"
#include "cuda/fused/plain_smxx/plain_smxx.h"
#include "cuda/fused/tf32_sm90/tf32_sm90.h"

namespace swiglu::cuda {

struct NamedPath {
  Path path;
  const char* name;
};

static constexpr NamedPath kPaths[] = {
    {Path::automatic, "automatic"}, {Path::gemm_sm90, "gemm_sm90"}, {Path::decode_sm90, "decode_sm90"},
    {Path::tf32_sm90, "tf32_sm90"}, {Path::mma_sm80, "mma_sm80"},   {Path::plain_smxx, "plain_smxx"},
};

const char* name(Path path) {
  for (const NamedPath& known : kPaths) {
    if (known.path == path) return known.name;
  }
  return nullptr;
}

bool find_path(const char* name, Path* path) {
  for (const NamedPath& known : kPaths) {
    if (std::strcmp(known.name, name) == 0) return *path = known.path, true;
  }
  return false;
}

// An environment variable that names no path is told once, and then every call fails: a mistyped name must not measure another kernel.
static constexpr Path kMistyped = static_cast<Path>(-1);

Path forced_path() {
  static const Path forced = [] {
    const char* wanted = std::getenv("SWIGLU_CUDA_PATH");
    Path path = Path::automatic;
    if (wanted == nullptr || find_path(wanted, &path)) return path;
    std::string known;
    for (const NamedPath& named : kPaths) known += std::string(" ") + named.name;
    std::fprintf(stderr, "swiglu_ort: SWIGLU_CUDA_PATH=%s names no path; there are%s\n", wanted, known.c_str());
    return kMistyped;
  }();
  return forced;
}

template <class T> bool takes(Path path, const FusedSwiGLUProblem<T>& p, const Device& device) {
  const bool hopper = device.capability == 90;
  if constexpr (std::is_same_v<T, float>) {
    if (path == Path::tf32_sm90) return hopper && !p.exact_float32 && tf32_sm90_takes(p);
    if (path == Path::mma_sm80) return device.capability >= 80 && !p.exact_float32;
  } else {
    if (path == Path::gemm_sm90) return hopper && gemm_sm90_16bit_takes(p);
    if (path == Path::decode_sm90) return hopper && decode_sm90_16bit_takes(p);
    if (path == Path::mma_sm80) return device.capability >= 80;
  }
  return path == Path::plain_smxx;
}

// The decode kernel is for few rows. From 33 on its tiles of 64 columns leave a bad rest where there are between one and one and a half
// of them for each multiprocessor: (64, 4096, 11008) takes it 55 μs on an H200 and (64, 8192, 11008) 96 to 101, the kernel for many rows
// 46 and 88. With K in parts the rest is shorter: (64, 4096, 5632) takes it 26.9, the other one 29.1.
static bool has_few_rows(const GemmSizes& s, const Device& device) {
  const int64_t tiles = (s.n + 63) / 64, multiprocessors = device.multiprocessors;
  return s.m <= 32 || !(tiles > multiprocessors && 2 * tiles <= 3 * multiprocessors);
}

// TF32 on wgmma makes tiles of 128 rows at least; up to 32 rows mma.sync's small tiles stream the weights faster: (16, 4096, 11008)
// takes 87 μs, not 185.
constexpr int kFewRowsTf32 = 32;

template <class T> Path choose(const FusedSwiGLUProblem<T>& p, const Device& device) {
  const auto fits = [&](Path path) { return takes(path, p, device); };
  if (fits(Path::decode_sm90) && (has_few_rows(p.sizes, device) || !fits(Path::gemm_sm90))) return Path::decode_sm90;
  if (fits(Path::gemm_sm90)) return Path::gemm_sm90;
  if (fits(Path::tf32_sm90) && p.sizes.m > kFewRowsTf32) return Path::tf32_sm90;
  return fits(Path::mma_sm80) ? Path::mma_sm80 : Path::plain_smxx;
}

template <class T> cudaError_t fused_swiglu(const FusedSwiGLUProblem<T>& p, const Launch& launch, Path path) {
  if (path == kMistyped) return cudaErrorInvalidValue;
  if (p.sizes.m == 0 || p.sizes.n == 0) return cudaSuccess;
  if (!takes(path, p, launch.device)) path = choose(p, launch.device);
  if constexpr (std::is_same_v<T, float>) {
    if (path == Path::tf32_sm90) return tf32_sm90(p, launch);
  } else {
    if (path == Path::gemm_sm90) return gemm_sm90_16bit(p, launch);
    if (path == Path::decode_sm90) return decode_sm90_16bit(p, launch);
  }
  return path == Path::mma_sm80 ? mma_sm80(p, launch) : plain_smxx(p, launch);
}

#define SWIGLU_INSTANTIATE(T)                                                         \
  template bool takes(Path, const FusedSwiGLUProblem<T>&, const Device&);            \
  template Path choose(const FusedSwiGLUProblem<T>&, const Device&);                 \
  template cudaError_t fused_swiglu(const FusedSwiGLUProblem<T>&, const Launch&, Path);
SWIGLU_INSTANTIATE(float)
SWIGLU_INSTANTIATE(float16)
SWIGLU_INSTANTIATE(bfloat16)
#undef SWIGLU_INSTANTIATE

}  // namespace swiglu::cuda
