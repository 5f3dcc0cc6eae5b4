// What the library says when it is registered in an ONNX Runtime that is too old or not the only one, and when there is no memory
// left. A stand-in
// for ONNX Runtime's C API says what it must for that; the real one cannot be brought to it on any machine.
#include <new>

#include "check.h"
#include "ort/call.h"

extern "C" OrtStatus* RegisterCustomOps(OrtSessionOptions* options, const OrtApiBase* base);

using namespace swiglu;

static OrtApi api = {};
static const char* version = "";
static uint32_t newest_api = 0;
static bool throws = false;

static OrtAllocator allocator = {};
static int object = 0;  // what every handle points to

template <class T> static T* handle() { return reinterpret_cast<T*>(&object); }
static std::string& text(OrtStatus* status) { return *reinterpret_cast<std::string*>(status); }
static const std::string& text(const OrtStatus* status) { return *reinterpret_cast<const std::string*>(status); }

static const OrtApi* registering = &api;
static const OrtApiBase base = {
    [](uint32_t wanted) noexcept -> const OrtApi* { return wanted <= newest_api ? registering : nullptr; },
    []() noexcept -> const char* { return version; }};

static void stand_in() {
  api.CreateStatus = [](OrtErrorCode, const char* sentence) noexcept {
    return reinterpret_cast<OrtStatus*>(new std::string(sentence));
  };
  api.GetErrorCode = [](const OrtStatus*) noexcept { return ORT_FAIL; };
  api.GetErrorMessage = [](const OrtStatus* status) noexcept { return text(status).c_str(); };
  api.ReleaseStatus = [](OrtStatus* status) noexcept { delete &text(status); };
  api.HasSessionConfigEntry = [](const OrtSessionOptions*, const char*, int*) noexcept {
    return api.CreateStatus(ORT_FAIL, "asked for its entries");
  };
  api.ReleaseMemoryInfo = [](OrtMemoryInfo*) noexcept {};
  api.ReleaseAllocator = [](OrtAllocator*) noexcept {};
  api.CreateCpuMemoryInfo = [](OrtAllocatorType, OrtMemType, OrtMemoryInfo** memory) noexcept -> OrtStatus* {
    *memory = handle<OrtMemoryInfo>();
    return nullptr;
  };
  api.KernelContext_GetInputCount = [](const OrtKernelContext*, size_t* count) noexcept -> OrtStatus* {
    *count = 1;
    return nullptr;
  };
  api.KernelContext_GetInput = [](const OrtKernelContext*, size_t, const OrtValue** value) noexcept -> OrtStatus* {
    *value = handle<OrtValue>();
    return nullptr;
  };
  api.GetTensorMemoryInfo = [](const OrtValue*, const OrtMemoryInfo** memory) noexcept -> OrtStatus* {
    *memory = handle<OrtMemoryInfo>();
    return nullptr;
  };
  api.KernelContext_GetAllocator = [](const OrtKernelContext*, const OrtMemoryInfo*, OrtAllocator** lent) noexcept -> OrtStatus* {
    *lent = &allocator;
    return nullptr;
  };
  api.KernelContext_GetScratchBuffer = [](const OrtKernelContext*, const OrtMemoryInfo*, size_t, void**) noexcept {
    return api.CreateStatus(ORT_FAIL, "The arena is full.");
  };
  allocator.Alloc = [](OrtAllocator*, size_t) -> void* {
    if (throws) throw std::bad_alloc();
    return nullptr;
  };
}

static std::string answer(const char* release, uint32_t api_version) {
  version = release;
  newest_api = api_version;
  OrtStatus* const status = RegisterCustomOps(nullptr, &base);
  const std::string sentence = status == nullptr ? "" : text(status);
  if (status != nullptr) api.ReleaseStatus(status);
  return sentence;
}

static void refuses_older_runtimes() {
  for (const auto& [release, api_version] : {std::pair("1.9.0", 9u), {"1.17.3", 17u}, {"1.18.0", 18u}, {"1.21.1", 21u}}) {
    const std::string sentence = answer(release, api_version);
    test::expect(sentence == std::string("swiglu_ort needs ONNX Runtime 1.22 or newer; this is ") + release + ".", sentence);
  }
  for (const char* release : {"1.22.0", "1.30.0-dev", "2.0.1"}) test::expect(ort::is_supported(release), release);
}

static void serves_one_runtime() {
  const OrtApi copy = api;
  for (const char* time : {"first", "second"}) {
    registering = &api;
    test::expect(answer("1.22.0", 22) == "asked for its entries", "the first copy of ONNX Runtime, ", time, " time");
    registering = &copy;
    const std::string sentence = answer("1.22.0", 22);
    test::expect(sentence.rfind("this process has another copy of ONNX Runtime", 0) == 0, "a second copy: ", sentence);
  }
}

template <class Body> static void expect_no_room(const char* where, const char* reason, const Body& body) {
  try {
    body();
    test::expect(false, where, ": nothing was thrown");
  } catch (const ort::Failure& failure) {
    const std::string expected = std::string("there is no room for 4096 bytes of scratch memory on the ") + where +
                                 "; make the batch smaller, free memory there, or raise the session's memory limit." + reason;
    test::expect(failure.what() == expected, failure.what());
  }
}

static void says_how_much_memory_is_missing() {
  ort::set_runtime(&api, "1.22.0");
  const Attributes attributes;
  const ort::Call call(attributes, nullptr, 0);
  expect_no_room("GPU", " ONNX Runtime says: The arena is full.", [&] { ort::DeviceScratch(call, 4096); });
  const ort::CpuWorkers workers(nullptr);
  expect_no_room("CPU", "", [&] { workers.allocate(4096); });
  throws = true;
  expect_no_room("CPU", " ONNX Runtime says: std::bad_alloc", [&] { workers.allocate(4096); });
}

int main() {
  stand_in();
  refuses_older_runtimes();
  serves_one_runtime();
  says_how_much_memory_is_missing();
  return test::finish("runtime");
}
