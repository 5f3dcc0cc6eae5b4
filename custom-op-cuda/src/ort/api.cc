#include "ort/api.h"

#include <cstdio>
#include <mutex>
#include <utility>

namespace swiglu::ort {

static const OrtApi* current = nullptr;
static SafeInference inference = SafeInference::none;

static std::pair<int, int> release_of(const char* version) {
  int major = 0, minor = 0;
  std::sscanf(version, "%d.%d", &major, &minor);
  return {major, minor};
}

bool is_supported(const char* version) { return release_of(version) >= release_of(kOldestRuntime); }

static SafeInference safe_inference_of(const char* version) {
  const std::pair release = release_of(version);
  if (release < std::pair(1, 24)) return SafeInference::none;
  return release < std::pair(1, 28) ? SafeInference::first_output : SafeInference::all_outputs;
}

bool set_runtime(const OrtApi* api, const char* version) {
  static std::once_flag once;
  std::call_once(once, [&] {
    current = api;
    inference = safe_inference_of(version);
  });
  return current == api;
}

const OrtApi& api() { return *current; }
SafeInference safe_inference() { return inference; }

void check(OrtStatus* status) {
  if (status == nullptr) return;
  const Failure failure(api().GetErrorCode(status), api().GetErrorMessage(status));
  api().ReleaseStatus(status);
  throw failure;
}

bool succeeded(OrtStatus* status) {
  if (status == nullptr) return true;
  api().ReleaseStatus(status);
  return false;
}

}  // namespace swiglu::ort
