// Where a session's tensors lie, and how bytes get there and back. Copies are complete when the call returns.
#pragma once

#include <cstddef>
#include <memory>

namespace swiglu::jni {

constexpr int kCpu = -1;

class Device {
 public:
  virtual ~Device() = default;
  // ONNX Runtime's name for this kind of memory.
  virtual const char* memory_name() const = 0;
  // From memory of the CPU or of this device.
  virtual void write(void* to, const void* from, size_t bytes) const = 0;
  virtual void read(void* to_host, const void* from, size_t bytes) const = 0;
  virtual void zero(void* at, size_t bytes) const = 0;
  // Of the system, not of an arena.
  virtual void* allocate(size_t bytes) const = 0;
  virtual void release(void* memory) const = 0;
};

// The GPU with this number, or the CPU; throws a sentence where this build or the machine has none.
std::unique_ptr<Device> open_device(int index);

// Bytes of a GPU's memory that are in use, by whomever.
size_t used_memory(int index);

}  // namespace swiglu::jni
