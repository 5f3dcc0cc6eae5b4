#include "ort/call.h"

#include <exception>
#include <mutex>

#include "ort/node.h"

namespace swiglu::ort {

static const OrtValue* input_value(const OrtKernelContext* context, size_t index) {
  size_t given = 0;
  const OrtValue* value = nullptr;
  check(api().KernelContext_GetInputCount(context, &given));
  if (index < given) check(api().KernelContext_GetInput(context, index, &value));
  return value;
}

Call::Call(const Attributes& attributes, OrtKernelContext* context, size_t input_count)
    : attributes_(attributes), context_(context) {
  operands_.inputs.resize(input_count);
  for (size_t i = 0; i < input_count; ++i) {
    const OrtValue* value = input_value(context, i);
    if (value == nullptr) continue;
    OrtTensorTypeAndShapeInfo* info = nullptr;
    check(api().GetTensorTypeAndShape(value, &info));
    const Owned<OrtTensorTypeAndShapeInfo> owner(info);
    operands_.inputs[i] = {true, shape_of(info)};
  }
}

const void* Call::input_data(size_t index) const {
  if (!has_input(index)) return nullptr;
  void* data = nullptr;
  check(api().GetTensorMutableData(const_cast<OrtValue*>(input_value(context_, index)), &data));
  return data;
}

const OrtMemoryInfo* Call::input_memory(size_t index) const {
  const OrtMemoryInfo* memory = nullptr;
  check(api().GetTensorMemoryInfo(input_value(context_, index), &memory));
  return memory;
}

int Call::input_device(size_t index) const {
  int device = 0;
  check(api().MemoryInfoGetId(input_memory(index), &device));
  return device;
}

void* Call::output_data(size_t index) const {
  size_t wanted = 0;
  check(api().KernelContext_GetOutputCount(context_, &wanted));
  if (index >= wanted) return nullptr;
  const std::vector<int64_t> dimensions = values(*output_shapes_[index]);
  OrtValue* value = nullptr;
  check(api().KernelContext_GetOutput(context_, index, dimensions.data(), dimensions.size(), &value));
  if (value == nullptr) return nullptr;
  void* data = nullptr;
  check(api().GetTensorMutableData(value, &data));
  return data;
}

// What the caller's sentence, which names the node, goes on with.
static Failure out_of_memory(size_t bytes, const std::string& where, const std::string& reason) {
  return {ORT_FAIL, "there is no room for " + std::to_string(bytes) + " bytes of scratch memory on the " + where +
                        "; make the batch smaller, free memory there, or raise the session's memory limit." +
                        (reason.empty() ? "" : " ONNX Runtime says: " + reason)};
}

DeviceScratch::DeviceScratch(const Call& call, size_t bytes) {
  if (bytes == 0) return;
  const OrtMemoryInfo* where = call.input_memory(0);
  OrtAllocator* allocator = nullptr;
  check(api().KernelContext_GetAllocator(call.context(), where, &allocator));
  allocator_.reset(allocator);
  std::string reason;
  try {
    check(api().KernelContext_GetScratchBuffer(call.context(), where, bytes, &memory_));
  } catch (const Failure& failure) {
    reason = failure.what();
  }
  if (memory_ == nullptr) throw out_of_memory(bytes, "GPU", reason);
}

DeviceScratch::~DeviceScratch() {
  if (memory_ != nullptr) allocator_->Free(allocator_.get(), memory_);
}

CpuWorkers::CpuWorkers(const OrtKernelContext* context) : context_(context) {
  OrtMemoryInfo* memory = nullptr;
  check(api().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  const Owned<OrtMemoryInfo> owner(memory);
  OrtAllocator* allocator = nullptr;
  check(api().KernelContext_GetAllocator(context, memory, &allocator));
  allocator_.reset(allocator);
}

void CpuWorkers::parallel_for(size_t total, void (*body)(void*, size_t), void* argument) const {
  // An exception must not reach ONNX Runtime's threads: the first one waits here until all of them are done.
  struct Guarded {
    void (*body)(void*, size_t);
    void* argument;
    std::once_flag once;
    std::exception_ptr failure;
  } guarded{body, argument, {}, nullptr};
  const auto call = [](void* argument, size_t i) {
    Guarded& guarded = *static_cast<Guarded*>(argument);
    try {
      guarded.body(guarded.argument, i);
    } catch (...) {
      std::call_once(guarded.once, [&] { guarded.failure = std::current_exception(); });
    }
  };
  check(api().KernelContext_ParallelFor(context_, call, total, 0, &guarded));
  if (guarded.failure) std::rethrow_exception(guarded.failure);
}

void* CpuWorkers::allocate(size_t bytes) const {
  std::string reason;
  try {
    if (void* memory = allocator_->Alloc(allocator_.get(), bytes)) return memory;
  } catch (const std::exception& failure) {  // which its arena throws
    reason = failure.what();
  }
  throw out_of_memory(bytes, "CPU", reason);
}

void CpuWorkers::release(void* memory) const { allocator_->Free(allocator_.get(), memory); }

}  // namespace swiglu::ort
