// The C API that ONNX Runtime hands over at registration, and how failures travel: inside the library as exceptions that
// carry a sentence, across the C boundary as OrtStatus.
#pragma once

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "onnxruntime_c_api.h"

namespace swiglu::ort {

// The lowest version that has all that is used here: scratch memory that knows its stream came with 1.18.
constexpr uint32_t kApiVersion = 18;

// The oldest ONNX Runtime that this library is tested with. Releases before it are refused, though the last of them have that API.
constexpr const char* kOldestRuntime = "1.22";
bool is_supported(const char* version);

// The library serves one ONNX Runtime; the first registration tells which. False for another copy of it in the same process, whose
// objects the functions of the first would not know. Any number of threads may register at once.
bool set_runtime(const OrtApi* api, const char* version);
const OrtApi& api();

// How far shape inference can go without crashing the ONNX Runtime at hand. Before 1.24 it follows a null pointer where a
// node leaves out an input, before the library is even asked. Before 1.28 it writes past the outputs that a node names, and
// does not tell how many they are; the first is always there.
enum class SafeInference { none, first_output, all_outputs };
SafeInference safe_inference();

// What a person reads when a model is refused: one sentence that names the operator and what is wrong.
class Failure : public std::runtime_error {
 public:
  Failure(OrtErrorCode code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  OrtErrorCode code() const { return code_; }

 private:
  OrtErrorCode code_;
};

inline Failure invalid(const std::string& sentence) { return {ORT_INVALID_ARGUMENT, sentence}; }

// Throws what ONNX Runtime reports.
void check(OrtStatus* status);

// True if the call succeeded; its status is released either way.
bool succeeded(OrtStatus* status);

// Runs body; an exception becomes a status.
template <class Body> OrtStatus* guarded(const Body& body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const Failure& failure) {
    return api().CreateStatus(failure.code(), failure.what());
  } catch (const std::exception& failure) {
    return api().CreateStatus(ORT_RUNTIME_EXCEPTION, failure.what());
  }
}

struct Release {
  void operator()(OrtTensorTypeAndShapeInfo* info) const { api().ReleaseTensorTypeAndShapeInfo(info); }
  void operator()(OrtTypeInfo* info) const { api().ReleaseTypeInfo(info); }
  void operator()(OrtMemoryInfo* info) const { api().ReleaseMemoryInfo(info); }
  void operator()(OrtAllocator* allocator) const { api().ReleaseAllocator(allocator); }
  void operator()(OrtValue* value) const { api().ReleaseValue(value); }
  void operator()(OrtEnv* environment) const { api().ReleaseEnv(environment); }
  void operator()(OrtSessionOptions* options) const { api().ReleaseSessionOptions(options); }
  void operator()(OrtCUDAProviderOptionsV2* options) const { api().ReleaseCUDAProviderOptions(options); }
  void operator()(OrtSession* session) const { api().ReleaseSession(session); }
  void operator()(OrtIoBinding* binding) const { api().ReleaseIoBinding(binding); }
  void operator()(OrtRunOptions* options) const { api().ReleaseRunOptions(options); }
};

template <class T> using Owned = std::unique_ptr<T, Release>;

}  // namespace swiglu::ort
