#include "jni/run.h"

#include <algorithm>

#include "onnxruntime_run_options_config_keys.h"

namespace swiglu::jni {

using ort::api;
using ort::check;
using ort::Owned;

Run::Run(std::shared_ptr<Session> session) : session_(std::move(session)) {
  OrtMemoryInfo* host = nullptr;
  check(api().CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &host));
  host_.reset(host);
  OrtIoBinding* binding = nullptr;
  check(api().CreateIoBinding(session_->get(), &binding));
  binding_.reset(binding);
  use_graph(kNoGraph);
}

void Run::use_graph(int id) {
  if (options_ != nullptr && id == graph_) return;
  OrtRunOptions* options = nullptr;
  check(api().CreateRunOptions(&options));
  options_.reset(options);
  graph_ = id;
  if (session_->captures_graphs()) {
    check(api().AddRunConfigEntry(options, kOrtRunOptionsConfigCudaGraphAnnotation, std::to_string(id).c_str()));
  }
}

void Run::bind_input(const std::string& name, std::shared_ptr<Tensor> tensor) {
  check(api().BindInput(binding_.get(), name.c_str(), tensor->value()));
  std::shared_ptr<Tensor>& bound = inputs_[name];
  if (bound != tensor) addresses_.reset();
  bound = std::move(tensor);
}

void Run::bind_host_input(const std::string& name, ONNXTensorElementDataType type, const std::vector<int64_t>& shape,
                          void* data) {
  if (!session_->captures_graphs()) {
    // ONNX Runtime copies it to where the model's nodes want it, which is the CPU for some.
    check(api().BindInput(binding_.get(), name.c_str(), tensor_over(host_.get(), data, type, shape).get()));
    inputs_.erase(name);
    return;
  }
  // Its copy would lie in the arena, where a replay by another thread may overwrite it before this run has read it.
  const std::shared_ptr<Tensor> copy =
      graph_ == kNoGraph ? std::make_shared<Tensor>(session_, type, shape) : fixed_copy(name, type, shape);
  session_->device().write(copy->data(), data, copy->bytes());
  bind_input(name, copy);
}

std::shared_ptr<Tensor> Run::fixed_copy(const std::string& name, ONNXTensorElementDataType type,
                                        const std::vector<int64_t>& shape) {
  std::shared_ptr<Tensor>& copy = fixed_copies_[{name, shape}];
  if (copy == nullptr) copy = std::make_shared<Tensor>(session_, type, shape);
  return copy;
}

void Run::bind_output(const std::string& name, std::shared_ptr<Tensor> into) {
  if (into != nullptr) check(api().BindOutput(binding_.get(), name.c_str(), into->value()));
  const auto bound = std::find_if(outputs_.begin(), outputs_.end(), [&](const Output& output) { return output.name == name; });
  if (bound == outputs_.end() || bound->into != into) addresses_.reset();
  if (bound != outputs_.end()) {
    *bound = {name, std::move(into), false};
    return;
  }
  if (into == nullptr) check(api().BindOutputToDevice(binding_.get(), name.c_str(), session_->memory()));
  outputs_.push_back({name, std::move(into), false});
}

void Run::run() {
  forget_results();
  if (graph_ != kNoGraph) {
    compute_with_graph();
  } else {
    const std::shared_lock<Gate> undisturbed = no_capture(session_->cuda_device());
    compute();
  }
}

// An output that stayed bound would be written into what the last run allocated, which may be the caller's by now.
void Run::forget_results() {
  const std::shared_lock<Gate> undisturbed = no_capture(session_->cuda_device());
  results_.clear();
  for (Output& output : outputs_) {
    output.computed = false;
    if (output.into == nullptr) check(api().BindOutputToDevice(binding_.get(), output.name.c_str(), session_->memory()));
  }
}

void Run::compute_with_graph() {
  const Addresses& now = addresses();
  if (!session_->graphs().is_new(graph_, now)) {
    const std::shared_lock<Gate> undisturbed = no_capture(session_->cuda_device());
    compute();
    return;
  }
  const std::unique_lock<Gate> capture(capture_gate());
  compute();
  session_->graphs().add(graph_, now);
}

void Run::compute() {
  std::shared_lock<Gate> beside_others(session_->running(), std::defer_lock);
  std::unique_lock<Gate> alone(session_->running(), std::defer_lock);
  if (session_->captures_graphs()) {
    alone.lock();
  } else {
    beside_others.lock();
  }
  session_->require_open();
  check(api().RunWithBinding(session_->get(), options_.get(), binding_.get()));
  for (Output& output : outputs_) output.computed = true;
  // Results without a tensor of their own lie in the arena, where the next replay may overwrite them.
  const auto in_arena = [](const Output& output) { return output.into == nullptr; };
  if (session_->captures_graphs() && std::any_of(outputs_.begin(), outputs_.end(), in_arena)) read_results();
}

const Addresses& Run::addresses() {
  if (addresses_) return *addresses_;
  Addresses addresses;
  const auto add = [&](const std::string& name, const Tensor& tensor) {
    std::vector<int64_t>& where = addresses[name];
    where.push_back(reinterpret_cast<int64_t>(tensor.data()));
    where.insert(where.end(), tensor.shape().begin(), tensor.shape().end());
  };
  for (const auto& [name, tensor] : inputs_) add(name, *tensor);
  for (const Output& output : outputs_) {
    if (output.into == nullptr) {
      throw illegal_state("A captured graph writes to the same memory each time; bind a tensor to the output '" + output.name +
                          "'.");
    }
    add(output.name, *output.into);
  }
  return addresses_.emplace(std::move(addresses));
}

std::shared_ptr<Tensor> Run::result(const std::string& name) {
  const auto bound = std::find_if(outputs_.begin(), outputs_.end(), [&](const Output& output) { return output.name == name; });
  if (bound == outputs_.end() || !bound->computed) {
    throw illegal_state("There is no result '" + name + "': no run has computed it.");
  }
  if (bound->into != nullptr) return bound->into;
  if (results_.empty()) read_results();
  return results_[static_cast<size_t>(bound - outputs_.begin())];
}

void Run::read_results() {
  OrtAllocator* allocator = nullptr;
  check(api().GetAllocatorWithDefaultOptions(&allocator));
  OrtValue** values = nullptr;
  size_t count = 0;
  check(api().GetBoundOutputValues(binding_.get(), allocator, &values, &count));
  std::vector<Owned<OrtValue>> owned(values, values + count);
  ort::succeeded(api().AllocatorFree(allocator, values));
  std::vector<std::shared_ptr<Tensor>> results;
  for (size_t i = 0; i < count; ++i) {
    if (outputs_[i].into != nullptr || !outputs_[i].computed) {
      results.push_back(outputs_[i].into);
      continue;
    }
    auto result = std::make_shared<Tensor>(session_, std::move(owned[i]));
    if (session_->captures_graphs()) {
      auto copy = std::make_shared<Tensor>(session_, result->type(), result->shape());
      session_->device().write(copy->data(), result->data(), result->bytes());
      result = copy;
    }
    results.push_back(result);
  }
  results_ = std::move(results);
}

}  // namespace swiglu::jni
