// Times a model in ONNX Runtime as it was exported and as it was rewritten, in turns in one process, on the same inputs:
//
//   session_bench ORIGINAL REWRITTEN --runtime libonnxruntime.so --operators libswiglu_ort.so --rows FILE
//                 [--model NAME] [--tokens 1,16,256] [--graph yes] [--device cpu]
//
// One input [tokens, K] and one output, both resident on the device. A time is that of one run among many that are started
// back to back without waiting in between, so that it is the GPU's as long as the host keeps ahead. With --graph both sides
// replay CUDA graphs that ONNX Runtime captured, and it waits for each. Rows are those of GPU.json; "difference" is
// ‖rewritten − original‖ / ‖original‖ over the output, and it must be what rounding explains.
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#define ORT_API_MANUAL_INIT
#include "onnxruntime_cxx_api.h"

#include "math/float16.h"

namespace {

using swiglu::bfloat16;
using swiglu::float16;

constexpr double kBatchMicroseconds = 15e3;
constexpr int kBatches = 21;

struct Options {
  std::string original, rewritten;
  std::map<std::string, std::string> named{{"--device", "cuda"}, {"--tokens", "1,16,256,1024,2048,8192"}, {"--model", "model"},
                                           {"--graph", "no"}};

  const std::string& operator[](const char* name) const {
    const auto found = named.find(name);
    if (found == named.end()) throw std::runtime_error(std::string(name) + " is missing.");
    return found->second;
  }
  bool on_gpu() const { return (*this)["--device"] == "cuda"; }
  bool graph() const { return (*this)["--graph"] == "yes"; }
};

Options parse(int count, char** arguments) {
  if (count < 3 || count % 2 == 0) throw std::runtime_error("session_bench ORIGINAL REWRITTEN and pairs of option and value.");
  Options options{arguments[1], arguments[2]};
  for (int i = 3; i < count; i += 2) options.named[arguments[i]] = arguments[i + 1];
  return options;
}

void open_runtime(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  const auto base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  if (base == nullptr) throw std::runtime_error(dlerror());
  Ort::InitApi(base()->GetApi(ORT_API_VERSION));
}

// Elements of the model's 16-bit or 32-bit type, on the host.
struct HostTensor {
  ONNXTensorElementDataType type;
  std::vector<char> bytes;

  static size_t element_size(ONNXTensorElementDataType type) { return type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT ? 4 : 2; }
  const char* type_name() const {
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16) return "float16";
    return type == ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 ? "bfloat16" : "float32";
  }
  // What two roundings in several layers can make of each other at most.
  double tolerance() const {
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16) return 0x1p-6;
    return type == ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 ? 0x1p-4 : 0x1p-9;
  }
  template <class T> T* as() { return reinterpret_cast<T*>(bytes.data()); }
  template <class T> const T* as() const { return reinterpret_cast<const T*>(bytes.data()); }
  size_t size() const { return bytes.size() / element_size(type); }

  float operator[](size_t i) const {
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16) return swiglu::widen(as<float16>()[i]);
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16) return swiglu::widen(as<bfloat16>()[i]);
    return as<float>()[i];
  }
  void set(size_t i, float value) {
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16) as<float16>()[i] = swiglu::narrow<float16>(value);
    else if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16) as<bfloat16>()[i] = swiglu::narrow<bfloat16>(value);
    else as<float>()[i] = value;
  }
};

HostTensor normal(ONNXTensorElementDataType type, size_t size) {
  HostTensor tensor{type, std::vector<char>(size * HostTensor::element_size(type))};
  std::mt19937 random(7);
  std::normal_distribution<float> distribution;
  for (size_t i = 0; i < size; ++i) tensor.set(i, distribution(random));
  return tensor;
}

double difference(const HostTensor& actual, const HostTensor& expected) {
  double distance = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double apart = double(actual[i]) - expected[i];
    distance += apart * apart;
    norm += double(expected[i]) * expected[i];
  }
  return std::sqrt(distance / norm);
}

Ort::SessionOptions session_options(const Options& options) {
  Ort::SessionOptions result;
  result.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  result.RegisterCustomOpsLibrary(options["--operators"].c_str());
  if (!options.on_gpu()) return result;
  // A capture cannot allocate, and a pattern would make the first captured run the first that allocates all at once.
  if (options.graph()) result.DisableMemPattern();
  OrtCUDAProviderOptionsV2* cuda = nullptr;
  const char* keys[] = {"enable_cuda_graph"};
  const char* values[] = {options.graph() ? "1" : "0"};
  Ort::ThrowOnError(Ort::GetApi().CreateCUDAProviderOptions(&cuda));
  Ort::ThrowOnError(Ort::GetApi().UpdateCUDAProviderOptions(cuda, keys, values, 1));
  result.AppendExecutionProvider_CUDA_V2(*cuda);
  Ort::GetApi().ReleaseCUDAProviderOptions(cuda);
  return result;
}

Ort::MemoryInfo memory_of(const Options& options) {
  return options.on_gpu() ? Ort::MemoryInfo("Cuda", OrtArenaAllocator, 0, OrtMemTypeDefault)
                          : Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
}

// One side of the comparison: an open model with its input and output bound.
class Contestant {
 public:
  Contestant(Ort::Env& env, const std::string& path, const Options& options)
      : options_(options),
        session_options_(session_options(options)),
        session_(env, path.c_str(), session_options_),
        allocator_(session_, memory_of(options)),
        input_name_(session_.GetInputNameAllocated(0, Ort::AllocatorWithDefaultOptions()).get()),
        output_name_(session_.GetOutputNameAllocated(0, Ort::AllocatorWithDefaultOptions()).get()) {
    const auto info = session_.GetInputTypeInfo(0);
    type_ = info.GetTensorTypeAndShapeInfo().GetElementType();
    width_ = info.GetTensorTypeAndShapeInfo().GetShape().back();
  }

  ONNXTensorElementDataType type() const { return type_; }
  int64_t width() const { return width_; }

  // The input is copied to the device here; its place and the output's stay the same until the next call.
  void bind(HostTensor& x) {
    const int64_t shape[] = {int64_t(x.size()) / width_, width_};
    const auto host = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    binding_ = Ort::IoBinding(session_);
    output_ = Ort::Value::CreateTensor(allocator_, shape, 2, type_);
    binding_.BindInput(input_name_.c_str(), Ort::Value::CreateTensor(host, x.bytes.data(), x.bytes.size(), shape, 2, type_));
    binding_.BindOutput(output_name_.c_str(), output_);
    binding_.SynchronizeInputs();
    run_options_ = Ort::RunOptions();
    run_options_.AddConfigEntry("disable_synchronize_execution_providers", "1");
    if (options_.graph()) run_options_.AddConfigEntry("gpu_graph_id", std::to_string(++graphs_).c_str());
  }

  void start() { session_.Run(run_options_, binding_); }
  void finish() { binding_.SynchronizeOutputs(); }

  // The mean over `runs` runs.
  double microseconds(int runs) {
    using Clock = std::chrono::steady_clock;
    finish();
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < runs; ++i) start();
    finish();
    return std::chrono::duration<double, std::micro>(Clock::now() - begin).count() / runs;
  }

  HostTensor output() {
    finish();
    const size_t bytes = output_.GetTensorTypeAndShapeInfo().GetElementCount() * HostTensor::element_size(type_);
    HostTensor host{type_, std::vector<char>(bytes)};
    const void* data = output_.GetTensorRawData();
    if (!options_.on_gpu()) {
      std::copy_n(static_cast<const char*>(data), bytes, host.bytes.data());
    } else if (cudaMemcpy(host.bytes.data(), data, bytes, cudaMemcpyDeviceToHost) != cudaSuccess) {
      throw std::runtime_error("the output could not be read.");
    }
    return host;
  }

 private:
  const Options& options_;
  Ort::SessionOptions session_options_;  // closing them would unload the operators
  Ort::Session session_;
  Ort::Allocator allocator_;
  std::string input_name_, output_name_;
  ONNXTensorElementDataType type_;
  int64_t width_;
  Ort::Value output_{nullptr};
  Ort::IoBinding binding_{nullptr};
  Ort::RunOptions run_options_{nullptr};
  int graphs_ = 0;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

struct Times {
  double original, rewritten;
};

// A B B A A B …, so that whatever slows the machine down slows both down and neither always goes second.
Times measure(Contestant& original, Contestant& rewritten) {
  Contestant* const sides[] = {&original, &rewritten};
  std::vector<double> times[2];
  int runs[2];
  for (int side = 0; side < 2; ++side) {
    sides[side]->microseconds(3);
    runs[side] = std::max(1, int(kBatchMicroseconds / sides[side]->microseconds(5)));
  }
  for (int batch = 0; batch < kBatches; ++batch) {
    for (int turn = 0; turn < 2; ++turn) {
      const int side = (turn + batch) % 2;
      times[side].push_back(sides[side]->microseconds(runs[side]));
    }
  }
  return {median(times[0]), median(times[1])};
}

std::vector<int64_t> numbers(const std::string& list) {
  std::vector<int64_t> result;
  std::istringstream stream(list);
  for (std::string item; std::getline(stream, item, ',');) result.push_back(std::stoll(item));
  return result;
}

bool run(const Options& options) {
  open_runtime(options["--runtime"]);
  Ort::Env env(ORT_LOGGING_LEVEL_WARNING, "session_bench");
  Contestant original(env, options.original, options), rewritten(env, options.rewritten, options);

  FILE* rows = std::fopen(options["--rows"].c_str(), "w");
  if (rows == nullptr) throw std::runtime_error(options["--rows"] + " cannot be written.");
  bool right = true;
  // The most tokens first: what they need, everything after them finds allocated, a capture included.
  std::vector<int64_t> sizes = numbers(options["--tokens"]);
  std::sort(sizes.rbegin(), sizes.rend());
  const char* separator = "[";
  for (const int64_t m : sizes) {
    HostTensor x = normal(original.type(), m * original.width());
    original.bind(x);
    rewritten.bind(x);
    const Times times = measure(original, rewritten);
    const double apart = difference(rewritten.output(), original.output());
    const bool near = apart <= x.tolerance();
    right = right && near;
    const std::string phase = (options.graph() ? "graph-m" : "m") + std::to_string(m);
    std::fprintf(rows,
                 "%s\n{\"op\":\"session\",\"model\":\"%s\",\"phase\":\"%s\",\"dtype\":\"%s\",\"M\":%lld,\"us\":%.2f,"
                 "\"baselines\":{\"ort\":%.2f},\"difference\":%.3e}",
                 separator, options["--model"].c_str(), phase.c_str(), x.type_name(), static_cast<long long>(m), times.rewritten,
                 times.original, apart);
    separator = ",";
    std::printf("%-22s %-9s %-11s  ort %9.1f us  rewritten %9.1f us  %.3f x  difference %.1e%s\n", options["--model"].c_str(),
                x.type_name(), phase.c_str(), times.original, times.rewritten, times.original / times.rewritten, apart,
                near ? "" : "  WRONG");
    std::fflush(stdout);
  }
  std::fprintf(rows, "\n]\n");
  return std::fclose(rows) == 0 && right;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(parse(count, arguments)) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "session_bench: %s\n", failure.what());
    return EXIT_FAILURE;
  }
}
