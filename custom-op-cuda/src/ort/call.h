// One execution of a node: its tensors with their shapes, already checked against each other, and what ORT lends for it.
#pragma once

#include "cpu/workers.h"
#include "ops/attributes.h"
#include "ops/shape.h"
#include "ort/api.h"

namespace swiglu::ort {

class Call {
 public:
  Call(const Attributes& attributes, OrtKernelContext* context, size_t input_count);

  const Attributes& attributes() const { return attributes_; }
  const Operands& operands() const { return operands_; }
  const Shape& input_shape(size_t index) const { return *operands_.inputs[index].shape; }
  bool has_input(size_t index) const { return operands_.inputs[index].given; }
  void set_output_shapes(Shapes shapes) { output_shapes_ = std::move(shapes); }

  // Null where the input was left out.
  template <class T> const T* input(size_t index) const { return static_cast<const T*>(input_data(index)); }
  // Allocates the output; null where nobody asked for it.
  template <class T> T* output(size_t index) const { return static_cast<T*>(output_data(index)); }

  // Where the input lies, and the number of that device.
  const OrtMemoryInfo* input_memory(size_t index) const;
  int input_device(size_t index) const;

  OrtKernelContext* context() const { return context_; }

 private:
  const void* input_data(size_t index) const;
  void* output_data(size_t index) const;

  const Attributes& attributes_;
  OrtKernelContext* context_;
  Operands operands_;
  Shapes output_shapes_;
};

// Memory on the device of the first input for the time of a call, from ONNX Runtime's arena for that device. The arena remembers the
// stream that it was lent to: it may be given back while kernels in that stream still use it, and goes to another stream only
// after those, as ONNX Runtime's own kernels have it. Memory of the allocator's plain Alloc has no stream, and would not be safe so.
class DeviceScratch {
 public:
  DeviceScratch(const Call& call, size_t bytes);
  ~DeviceScratch();
  DeviceScratch(const DeviceScratch&) = delete;
  DeviceScratch& operator=(const DeviceScratch&) = delete;

  // Null for no bytes.
  template <class T> T* data() const { return static_cast<T*>(memory_); }

 private:
  Owned<OrtAllocator> allocator_;
  void* memory_ = nullptr;
};

// ONNX Runtime's thread pool and CPU allocator.
class CpuWorkers : public cpu::Workers {
 public:
  explicit CpuWorkers(const OrtKernelContext* context);
  void parallel_for(size_t total, void (*body)(void*, size_t), void* argument) const override;
  void* allocate(size_t bytes) const override;
  void release(void* memory) const override;

 private:
  const OrtKernelContext* context_;
  Owned<OrtAllocator> allocator_;
};

}  // namespace swiglu::ort
