// An ONNX Runtime session that lives until the last tensor, run and call that uses it is gone.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jni/device.h"
#include "jni/graphs.h"
#include "ort/api.h"

namespace swiglu::jni {

struct SessionSettings {
  std::string model_path;       // or, where it is empty,
  const void* model = nullptr;  // the model's bytes
  size_t model_bytes = 0;
  int threads = 0;  // 0 leaves it to ONNX Runtime
  int optimization = 0;
  std::string profile_prefix;        // empty for no profile
  std::vector<std::string> entries;  // key, value, key, value
  int cuda_device = kCpu;
  bool cuda_graphs = false;
  bool operators = true;
};

// What the model says about an input or output; no type for what is not a tensor.
struct Value {
  std::string name;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::vector<int64_t> shape;
  std::vector<std::string> symbols;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(const SessionSettings& settings);
  ~Session();

  OrtSession* get() const { return session_.get(); }
  const Device& device() const { return *device_; }
  int cuda_device() const { return cuda_device_; }
  const OrtMemoryInfo* memory() const { return memory_.get(); }
  bool captures_graphs() const { return captures_graphs_; }
  Graphs& graphs() { return graphs_; }

  std::vector<Value> inputs() const;
  std::vector<Value> outputs() const;

  // Memory on the device, of undefined content, that holds the session until it is given back.
  std::shared_ptr<void> allocate(size_t bytes);

  // Runs hold it: side by side, or alone where graphs are captured, because all runs of such a session share a stream.
  Gate& running() { return running_; }
  void require_open() const;

  std::string end_profiling();
  // Waits for the runs under way; there are no others after.
  void close();

 private:
  int cuda_device_;
  std::unique_ptr<Device> device_;
  bool captures_graphs_;
  ort::Owned<OrtSession> session_;
  ort::Owned<OrtMemoryInfo> memory_;
  ort::Owned<OrtAllocator> allocator_;
  Graphs graphs_;
  Gate running_;
  bool closed_ = false;
};

}  // namespace swiglu::jni
