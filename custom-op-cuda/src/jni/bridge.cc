// The native methods of dev.swiglu.ResidentBridge: each finds the object behind a number and lets it work.
#include <algorithm>

#include "jni/handles.h"
#include "jni/run.h"

namespace swiglu::jni {

namespace {

// Never destroyed: at the end of the process ONNX Runtime may be gone before this library is.
auto& sessions = *new Handles<Session>("The session is closed; open the model again to run it.");
auto& tensors = *new Handles<Tensor>("The tensor is closed, and its memory given back.");
auto& runs = *new Handles<Run>("The run is closed; ask the session for a new one.");

constexpr size_t kMostBytesAtOnce = size_t{4} << 20;

// Runs body; what it throws is thrown in Java.
template <class Body> auto in_java(JNIEnv* env, const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    throw_in_java(env);
    return decltype(body())();
  }
}

// The same for what may allocate, copy or give back on a GPU and is soon done; the last to hold an object gives it back.
template <class Body> auto guarded(JNIEnv* env, const Body& body) -> decltype(body()) {
  return in_java(env, [&] {
    const std::shared_lock<Gate> undisturbed(capture_gate());
    return body();
  });
}

ONNXTensorElementDataType element_type(jint type) { return static_cast<ONNXTensorElementDataType>(type); }

// Rows of name, element type with dimensions, and symbols.
jobjectArray describe(JNIEnv* env, const std::vector<Value>& values) {
  const jobjectArray rows = new_array(env, "[Ljava/lang/Object;", values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const Value& value = values[i];
    std::vector<int64_t> numbers{value.type};
    numbers.insert(numbers.end(), value.shape.begin(), value.shape.end());
    const jobjectArray row = new_array(env, "java/lang/Object", 3);
    set_element(env, row, 0, to_java(env, value.name));
    set_element(env, row, 1, to_java(env, numbers));
    set_element(env, row, 2, to_java(env, value.symbols));
    set_element(env, rows, i, row);
  }
  return rows;
}

}  // namespace

#define BRIDGE(type, name) extern "C" JNIEXPORT type JNICALL Java_dev_swiglu_ResidentBridge_##name

BRIDGE(jlong, openSession)
(JNIEnv* env, jclass, jstring path, jobject model, jint threads, jint optimization, jstring profile, jobjectArray entries,
 jint cuda_device, jboolean cuda_graphs, jboolean operators) {
  return in_java(env, [&]() -> jlong {
    const std::shared_lock<Gate> undisturbed = no_capture(cuda_device);
    SessionSettings settings;
    settings.model_path = to_string(env, path);
    if (model != nullptr) {
      settings.model = env->GetDirectBufferAddress(model);
      settings.model_bytes = static_cast<size_t>(env->GetDirectBufferCapacity(model));
    }
    settings.threads = threads;
    settings.optimization = optimization;
    settings.profile_prefix = to_string(env, profile);
    settings.entries = to_strings(env, entries);
    settings.cuda_device = cuda_device;
    settings.cuda_graphs = cuda_graphs;
    settings.operators = operators;
    return sessions.add(std::make_shared<Session>(settings));
  });
}

BRIDGE(jobjectArray, inputs)(JNIEnv* env, jclass, jlong session) {
  return in_java(env, [&] { return describe(env, sessions.get(session)->inputs()); });
}

BRIDGE(jobjectArray, outputs)(JNIEnv* env, jclass, jlong session) {
  return in_java(env, [&] { return describe(env, sessions.get(session)->outputs()); });
}

BRIDGE(jstring, endProfiling)(JNIEnv* env, jclass, jlong session) {
  return in_java(env, [&] { return to_java(env, sessions.get(session)->end_profiling()); });
}

BRIDGE(void, closeSession)(JNIEnv* env, jclass, jlong handle) {
  in_java(env, [&] {
    std::shared_ptr<Session> session = sessions.remove(handle);
    if (session == nullptr) return;
    session->close();
    const std::shared_lock<Gate> undisturbed = no_capture(session->cuda_device());
    session.reset();
  });
}

BRIDGE(jlong, allocate)(JNIEnv* env, jclass, jlong session, jint type, jlongArray shape) {
  return guarded(env, [&] {
    auto tensor = std::make_shared<Tensor>(sessions.get(session), element_type(type), to_shape(env, shape));
    tensor->session()->device().zero(tensor->data(), tensor->bytes());
    return tensors.add(std::move(tensor));
  });
}

BRIDGE(jlong, upload)(JNIEnv* env, jclass, jlong session, jint type, jlongArray shape, jobject elements) {
  return guarded(env, [&] {
    auto tensor = std::make_shared<Tensor>(sessions.get(session), element_type(type), to_shape(env, shape));
    tensor->session()->device().write(tensor->data(), env->GetDirectBufferAddress(elements), tensor->bytes());
    return tensors.add(std::move(tensor));
  });
}

BRIDGE(void, write)(JNIEnv* env, jclass, jlong handle, jlong offset, jobject elements) {
  guarded(env, [&] {
    const std::shared_ptr<Tensor> tensor = tensors.get(handle);
    tensor->session()->device().write(tensor->data() + offset, env->GetDirectBufferAddress(elements),
                                      static_cast<size_t>(env->GetDirectBufferCapacity(elements)));
  });
}

BRIDGE(void, read)(JNIEnv* env, jclass, jlong handle, jlong offset, jbyteArray into) {
  guarded(env, [&] {
    const std::shared_ptr<Tensor> tensor = tensors.get(handle);
    const auto total = static_cast<size_t>(env->GetArrayLength(into));
    const std::unique_ptr<jbyte[]> part(new jbyte[std::min(total, kMostBytesAtOnce)]);
    for (size_t done = 0; done < total; done += kMostBytesAtOnce) {
      const size_t bytes = std::min(total - done, kMostBytesAtOnce);
      tensor->session()->device().read(part.get(), tensor->data() + offset + done, bytes);
      env->SetByteArrayRegion(into, static_cast<jsize>(done), static_cast<jsize>(bytes), part.get());
    }
  });
}

BRIDGE(jlong, view)(JNIEnv* env, jclass, jlong tensor, jlongArray shape) {
  return guarded(env, [&] { return tensors.add(std::make_shared<Tensor>(*tensors.get(tensor), to_shape(env, shape))); });
}

BRIDGE(jint, elementType)(JNIEnv* env, jclass, jlong tensor) {
  return guarded(env, [&] { return static_cast<jint>(tensors.get(tensor)->type()); });
}

BRIDGE(jlongArray, shape)(JNIEnv* env, jclass, jlong tensor) {
  return guarded(env, [&] { return to_java(env, tensors.get(tensor)->shape()); });
}

BRIDGE(void, closeTensor)(JNIEnv* env, jclass, jlong tensor) {
  guarded(env, [&] { tensors.remove(tensor); });
}

BRIDGE(jlong, newRun)(JNIEnv* env, jclass, jlong session) {
  return guarded(env, [&] { return runs.add(std::make_shared<Run>(sessions.get(session))); });
}

BRIDGE(void, bindInput)(JNIEnv* env, jclass, jlong run, jstring name, jlong tensor) {
  guarded(env, [&] { runs.get(run)->bind_input(to_string(env, name), tensors.get(tensor)); });
}

BRIDGE(void, bindHostInput)
(JNIEnv* env, jclass, jlong run, jstring name, jint type, jlongArray shape, jobject elements) {
  guarded(env, [&] {
    runs.get(run)->bind_host_input(to_string(env, name), element_type(type), to_shape(env, shape),
                                   env->GetDirectBufferAddress(elements));
  });
}

BRIDGE(void, bindOutput)(JNIEnv* env, jclass, jlong run, jstring name, jlong tensor) {
  guarded(env, [&] { runs.get(run)->bind_output(to_string(env, name), tensors.get(tensor)); });
}

BRIDGE(void, allocateOutput)(JNIEnv* env, jclass, jlong run, jstring name) {
  guarded(env, [&] { runs.get(run)->bind_output(to_string(env, name), nullptr); });
}

BRIDGE(void, useGraph)(JNIEnv* env, jclass, jlong run, jint id) {
  guarded(env, [&] { runs.get(run)->use_graph(id); });
}

BRIDGE(void, run)(JNIEnv* env, jclass, jlong handle) {
  std::shared_ptr<Run> run;
  in_java(env, [&] {
    run = runs.get(handle);
    run->run();
  });
  guarded(env, [&] { run.reset(); });  // after a failure, too
}

BRIDGE(jlong, result)(JNIEnv* env, jclass, jlong run, jstring name) {
  return guarded(env, [&] { return tensors.add(runs.get(run)->result(to_string(env, name))); });
}

BRIDGE(void, closeRun)(JNIEnv* env, jclass, jlong run) {
  guarded(env, [&] { runs.remove(run); });
}

BRIDGE(jint, openHandles)(JNIEnv*, jclass) { return static_cast<jint>(sessions.count() + tensors.count() + runs.count()); }

BRIDGE(jlong, usedMemory)(JNIEnv* env, jclass, jint cuda_device) {
  return guarded(env, [&] { return static_cast<jlong>(used_memory(cuda_device)); });
}

}  // namespace swiglu::jni
