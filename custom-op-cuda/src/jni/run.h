// Bindings of a session's inputs and outputs, to run it with. For one thread at a time, which Java sees to.
#pragma once

#include <map>
#include <optional>

#include "jni/tensor.h"

namespace swiglu::jni {

class Run {
 public:
  explicit Run(std::shared_ptr<Session> session);

  void bind_input(const std::string& name, std::shared_ptr<Tensor> tensor);
  // Data in the CPU's memory, for the next run only; `data` has to stay where it is until that is done.
  void bind_host_input(const std::string& name, ONNXTensorElementDataType type, const std::vector<int64_t>& shape, void* data);
  // Without a tensor, ONNX Runtime allocates one for each run.
  void bind_output(const std::string& name, std::shared_ptr<Tensor> into);
  void use_graph(int id);

  // Complete when it returns.
  void run();
  std::shared_ptr<Tensor> result(const std::string& name);

 private:
  struct Output {
    std::string name;
    std::shared_ptr<Tensor> into;
    bool computed;  // by the last run, and not bound to something else since
  };

  void forget_results();
  void compute();
  void compute_with_graph();
  const Addresses& addresses();
  // The memory from which graphs read an input that lies in the CPU's memory: always the same for a name and shape.
  std::shared_ptr<Tensor> fixed_copy(const std::string& name, ONNXTensorElementDataType type, const std::vector<int64_t>& shape);
  void read_results();

  std::shared_ptr<Session> session_;
  ort::Owned<OrtMemoryInfo> host_;
  ort::Owned<OrtIoBinding> binding_;
  ort::Owned<OrtRunOptions> options_;
  int graph_ = kNoGraph;
  std::map<std::string, std::shared_ptr<Tensor>> inputs_;  // what the binding refers to without owning it
  std::vector<Output> outputs_;                            // in ONNX Runtime's order, which is that of their first binding
  std::map<std::pair<std::string, std::vector<int64_t>>, std::shared_ptr<Tensor>> fixed_copies_;
  std::optional<Addresses> addresses_;            // of all that is bound, once they were asked for
  std::vector<std::shared_ptr<Tensor>> results_;  // of the last run, once one of them was asked for
};

}  // namespace swiglu::jni
