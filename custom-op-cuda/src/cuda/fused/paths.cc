#include "cuda/fused/paths.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <type_traits>

#include "cuda/fused/decode_sm90_16bit.h"
#include "cuda/fused/gemm_sm90_16bit.h"
#include "cuda/fused/gemm_sm90_tf32.h"
#include "cuda/fused/mma_sm80.h"
#include "cuda/fused/plain_smxx.h"

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

Path forced_path() {
  static const Path forced = [] {
    Path path = Path::automatic;
    if (const char* wanted = std::getenv("SWIGLU_CUDA_PATH")) find_path(wanted, &path);
    return path;
  }();
  return forced;
}

template <class T> bool takes(Path path, const FusedSwiGLUProblem<T>& p, const Device& device) {
  const bool hopper = device.capability == 90;
  if constexpr (std::is_same_v<T, float>) {
    if (path == Path::tf32_sm90) return hopper && !p.exact_float32 && gemm_sm90_tf32_takes(p);
    if (path == Path::mma_sm80) return device.capability >= 80 && !p.exact_float32;
  } else {
    if (path == Path::gemm_sm90) return hopper && gemm_sm90_16bit_takes(p);
    if (path == Path::decode_sm90) return hopper && decode_sm90_16bit_takes(p);
    if (path == Path::mma_sm80) return device.capability >= 80;
  }
  return path == Path::plain_smxx;
}

template <class T> Path choose(const FusedSwiGLUProblem<T>& p, const Device& device) {
  for (const Path path : {Path::decode_sm90, Path::gemm_sm90, Path::tf32_sm90, Path::mma_sm80}) {
    if (takes(path, p, device)) return path;
  }
  return Path::plain_smxx;
}

template <class T> cudaError_t fused_swiglu(const FusedSwiGLUProblem<T>& p, const Launch& launch, Path path) {
  if (p.sizes.m == 0 || p.sizes.n == 0) return cudaSuccess;
  if (!takes(path, p, launch.device)) path = choose(p, launch.device);
  if constexpr (std::is_same_v<T, float>) {
    if (path == Path::tf32_sm90) return gemm_sm90_tf32(p, launch);
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
