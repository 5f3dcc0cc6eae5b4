#include "jni/java.h"

namespace swiglu::jni {

// Java's own memory is used up, which JNI functions report so.
template <class T> static T required(T object) {
  if (object == nullptr) throw PendingException();
  return object;
}

static jclass class_of(JNIEnv* env, const char* type) { return required(env->FindClass(type)); }

static void throw_ort_exception(JNIEnv* env, OrtErrorCode code, const char* sentence) {
  const jclass type = class_of(env, "ai/onnxruntime/OrtException");
  const jmethodID constructor = required(env->GetMethodID(type, "<init>", "(ILjava/lang/String;)V"));
  const jobject exception = required(env->NewObject(type, constructor, static_cast<jint>(code), to_java(env, sentence)));
  env->Throw(static_cast<jthrowable>(exception));
}

void throw_in_java(JNIEnv* env) noexcept {
  try {
    try {
      throw;
    } catch (const ort::Failure& failure) {
      throw_ort_exception(env, failure.code(), failure.what());
    } catch (const JavaException& failure) {
      env->ThrowNew(class_of(env, failure.type()), failure.what());
    } catch (const std::bad_alloc&) {
      env->ThrowNew(class_of(env, "java/lang/OutOfMemoryError"), "native memory");
    } catch (const std::exception& failure) {
      throw_ort_exception(env, ORT_RUNTIME_EXCEPTION, failure.what());
    }
  } catch (const PendingException&) {
  }
}

std::string to_string(JNIEnv* env, jstring text) {
  if (text == nullptr) return {};
  const char* characters = required(env->GetStringUTFChars(text, nullptr));
  std::string copy = characters;
  env->ReleaseStringUTFChars(text, characters);
  return copy;
}

std::vector<std::string> to_strings(JNIEnv* env, jobjectArray texts) {
  std::vector<std::string> copies;
  const jsize length = env->GetArrayLength(texts);
  for (jsize i = 0; i < length; ++i) {
    const auto text = static_cast<jstring>(env->GetObjectArrayElement(texts, i));
    copies.push_back(to_string(env, text));
    env->DeleteLocalRef(text);
  }
  return copies;
}

std::vector<int64_t> to_shape(JNIEnv* env, jlongArray shape) {
  std::vector<jlong> dimensions(static_cast<size_t>(env->GetArrayLength(shape)));
  env->GetLongArrayRegion(shape, 0, static_cast<jsize>(dimensions.size()), dimensions.data());
  return {dimensions.begin(), dimensions.end()};
}

jstring to_java(JNIEnv* env, const std::string& text) { return required(env->NewStringUTF(text.c_str())); }

jlongArray to_java(JNIEnv* env, const std::vector<int64_t>& numbers) {
  const std::vector<jlong> elements(numbers.begin(), numbers.end());
  const auto length = static_cast<jsize>(elements.size());
  const jlongArray array = required(env->NewLongArray(length));
  env->SetLongArrayRegion(array, 0, length, elements.data());
  return array;
}

jobjectArray to_java(JNIEnv* env, const std::vector<std::string>& texts) {
  const jobjectArray array = new_array(env, "java/lang/String", texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    const jstring text = to_java(env, texts[i]);
    env->SetObjectArrayElement(array, static_cast<jsize>(i), text);
    env->DeleteLocalRef(text);
  }
  return array;
}

jobjectArray new_array(JNIEnv* env, const char* type, size_t length) {
  return required(env->NewObjectArray(static_cast<jsize>(length), class_of(env, type), nullptr));
}

}  // namespace swiglu::jni
