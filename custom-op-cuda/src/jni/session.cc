#include "jni/session.h"

#include <algorithm>

#include "jni/java.h"
#include "register.h"

namespace swiglu::jni {

using ort::api;
using ort::check;
using ort::Owned;

static OrtAllocator* default_allocator() {
  OrtAllocator* allocator = nullptr;
  check(api().GetAllocatorWithDefaultOptions(&allocator));
  return allocator;
}

// Copies a string of ONNX Runtime's and gives it back.
static std::string take(char* text) {
  std::string copy = text;
  ort::succeeded(api().AllocatorFree(default_allocator(), text));
  return copy;
}

static void add_cuda(OrtSessionOptions* options, const SessionSettings& settings) {
  OrtCUDAProviderOptionsV2* created = nullptr;
  check(api().CreateCUDAProviderOptions(&created));
  const Owned<OrtCUDAProviderOptionsV2> cuda(created);
  const std::string device = std::to_string(settings.cuda_device);
  const char* keys[] = {"device_id", "enable_cuda_graph"};
  const char* values[] = {device.c_str(), settings.cuda_graphs ? "1" : "0"};
  check(api().UpdateCUDAProviderOptions(cuda.get(), keys, values, 2));
  check(api().SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda.get()));
}

static Owned<OrtSessionOptions> make_options(const SessionSettings& settings) {
  OrtSessionOptions* created = nullptr;
  check(api().CreateSessionOptions(&created));
  Owned<OrtSessionOptions> options(created);
  check(api().SetSessionGraphOptimizationLevel(options.get(), static_cast<GraphOptimizationLevel>(settings.optimization)));
  if (settings.threads > 0) check(api().SetIntraOpNumThreads(options.get(), settings.threads));
  if (!settings.profile_prefix.empty()) check(api().EnableProfiling(options.get(), settings.profile_prefix.c_str()));
  for (size_t i = 0; i + 1 < settings.entries.size(); i += 2) {
    check(api().AddSessionConfigEntry(options.get(), settings.entries[i].c_str(), settings.entries[i + 1].c_str()));
  }
  if (settings.cuda_device != kCpu) add_cuda(options.get(), settings);
  if (settings.operators) register_operators(options.get());
  return options;
}

static Owned<OrtSession> make_session(const SessionSettings& settings) {
  // The process has one environment, which Java's OrtEnvironment holds until the process ends; this only asks for it.
  OrtEnv* shared = nullptr;
  check(api().CreateEnv(ORT_LOGGING_LEVEL_WARNING, "swiglu", &shared));
  const Owned<OrtEnv> environment(shared);
  const Owned<OrtSessionOptions> options = make_options(settings);
  OrtSession* session = nullptr;
  if (settings.model_path.empty()) {
    check(api().CreateSessionFromArray(environment.get(), settings.model, settings.model_bytes, options.get(), &session));
  } else {
    check(api().CreateSession(environment.get(), settings.model_path.c_str(), options.get(), &session));
  }
  return Owned<OrtSession>(session);
}

Session::Session(const SessionSettings& settings)
    : cuda_device_(settings.cuda_device), device_(open_device(cuda_device_)), captures_graphs_(settings.cuda_graphs),
      session_(make_session(settings)) {
  OrtMemoryInfo* memory = nullptr;
  check(api().CreateMemoryInfo(device_->memory_name(), OrtDeviceAllocator, std::max(cuda_device_, 0), OrtMemTypeDefault,
                               &memory));
  memory_.reset(memory);
  OrtAllocator* allocator = nullptr;
  check(api().CreateAllocator(session_.get(), memory_.get(), &allocator));
  allocator_.reset(allocator);
}

Session::~Session() = default;

static Value describe(std::string name, const OrtTypeInfo* type) {
  Value value;
  value.name = std::move(name);
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  check(api().CastTypeInfoToTensorInfo(type, &tensor));
  if (tensor == nullptr) return value;
  size_t rank = 0;
  check(api().GetTensorElementType(tensor, &value.type));
  check(api().GetDimensionsCount(tensor, &rank));
  value.shape.resize(rank);
  check(api().GetDimensions(tensor, value.shape.data(), rank));
  std::vector<const char*> symbols(rank);
  check(api().GetSymbolicDimensions(tensor, symbols.data(), rank));
  value.symbols.assign(symbols.begin(), symbols.end());
  return value;
}

std::vector<Value> Session::inputs() const {
  size_t count = 0;
  check(api().SessionGetInputCount(session_.get(), &count));
  std::vector<Value> values;
  for (size_t i = 0; i < count; ++i) {
    char* name = nullptr;
    OrtTypeInfo* type = nullptr;
    check(api().SessionGetInputName(session_.get(), i, default_allocator(), &name));
    std::string copy = take(name);
    check(api().SessionGetInputTypeInfo(session_.get(), i, &type));
    values.push_back(describe(std::move(copy), Owned<OrtTypeInfo>(type).get()));
  }
  return values;
}

std::vector<Value> Session::outputs() const {
  size_t count = 0;
  check(api().SessionGetOutputCount(session_.get(), &count));
  std::vector<Value> values;
  for (size_t i = 0; i < count; ++i) {
    char* name = nullptr;
    OrtTypeInfo* type = nullptr;
    check(api().SessionGetOutputName(session_.get(), i, default_allocator(), &name));
    std::string copy = take(name);
    check(api().SessionGetOutputTypeInfo(session_.get(), i, &type));
    values.push_back(describe(std::move(copy), Owned<OrtTypeInfo>(type).get()));
  }
  return values;
}

std::shared_ptr<void> Session::allocate(size_t bytes) {
  const size_t asked = std::max<size_t>(bytes, 1);  // so that no tensor is at address null
  const std::shared_ptr<Session> self = shared_from_this();
  // An arena spares a GPU's slow allocations. What a captured graph computes in between lies in there too, in memory that the
  // arena believes to be free, so tensors of such a session must not.
  if (cuda_device_ == kCpu || captures_graphs_) {
    return {device_->allocate(asked), [self](void* memory) { self->device_->release(memory); }};
  }
  void* memory = nullptr;
  check(api().AllocatorAlloc(allocator_.get(), asked, &memory));
  return {memory, [self](void* given) { ort::succeeded(api().AllocatorFree(self->allocator_.get(), given)); }};
}

void Session::require_open() const {
  if (closed_) throw illegal_state("The session is closed; open the model again to run it.");
}

std::string Session::end_profiling() {
  const std::unique_lock<Gate> alone(running_);
  char* file = nullptr;
  check(api().SessionEndProfiling(session_.get(), default_allocator(), &file));
  return take(file);
}

void Session::close() {
  const std::unique_lock<Gate> alone(running_);
  closed_ = true;
}

}  // namespace swiglu::jni
