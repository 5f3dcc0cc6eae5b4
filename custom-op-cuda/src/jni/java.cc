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

static void throw_exception(JNIEnv* env, const char* name, const char* sentence) {
  const jclass type = class_of(env, name);
  const jmethodID constructor = required(env->GetMethodID(type, "<init>", "(Ljava/lang/String;)V"));
  env->Throw(static_cast<jthrowable>(required(env->NewObject(type, constructor, to_java(env, sentence)))));
}

void throw_in_java(JNIEnv* env) noexcept {
  try {
    try {
      throw;
    } catch (const ort::Failure& failure) {
      throw_ort_exception(env, failure.code(), failure.what());
    } catch (const JavaException& failure) {
      throw_exception(env, failure.type(), failure.what());
    } catch (const std::bad_alloc&) {
      throw_exception(env, "java/lang/OutOfMemoryError", "native memory");
    } catch (const std::exception& failure) {
      throw_ort_exception(env, ORT_RUNTIME_EXCEPTION, failure.what());
    }
  } catch (const PendingException&) {
  }
}

static void append_utf8(std::string& text, uint32_t character) {
  const auto tail = [&](int shift) { text.push_back(static_cast<char>(0x80 | (character >> shift & 0x3f))); };
  if (character < 0x80) {
    text.push_back(static_cast<char>(character));
  } else if (character < 0x800) {
    text.push_back(static_cast<char>(0xc0 | character >> 6));
    tail(0);
  } else if (character < 0x10000) {
    text.push_back(static_cast<char>(0xe0 | character >> 12));
    tail(6), tail(0);
  } else {
    text.push_back(static_cast<char>(0xf0 | character >> 18));
    tail(12), tail(6), tail(0);
  }
}

// JNI's own conversion writes characters beyond 16 bits in a form that only Java reads.
std::string to_string(JNIEnv* env, jstring text) {
  if (text == nullptr) return {};
  std::vector<jchar> units(static_cast<size_t>(env->GetStringLength(text)));
  env->GetStringRegion(text, 0, static_cast<jsize>(units.size()), units.data());
  std::string copy;
  copy.reserve(units.size());
  for (size_t i = 0; i < units.size(); ++i) {
    const bool pair = units[i] >> 10 == 0xd800 >> 10 && i + 1 < units.size() && units[i + 1] >> 10 == 0xdc00 >> 10;
    append_utf8(copy, pair ? 0x10000u + ((units[i] & 0x3ffu) << 10) + (units[i + 1] & 0x3ffu) : units[i]);
    if (pair) ++i;
  }
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

jstring to_java(JNIEnv* env, const std::string& text) {
  const auto length = static_cast<jsize>(text.size());
  const jbyteArray bytes = required(env->NewByteArray(length));
  env->SetByteArrayRegion(bytes, 0, length, reinterpret_cast<const jbyte*>(text.data()));
  const jclass type = class_of(env, "java/lang/String");
  const jmethodID constructor = required(env->GetMethodID(type, "<init>", "([BLjava/lang/String;)V"));
  const jstring encoding = required(env->NewStringUTF("UTF-8"));
  const jobject string = required(env->NewObject(type, constructor, bytes, encoding));
  for (const jobject used : {jobject{bytes}, jobject{type}, jobject{encoding}}) env->DeleteLocalRef(used);
  return static_cast<jstring>(string);
}

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
    set_element(env, array, i, to_java(env, texts[i]));
  }
  return array;
}

void set_element(JNIEnv* env, jobjectArray array, size_t index, jobject element) {
  env->SetObjectArrayElement(array, static_cast<jsize>(index), element);
  env->DeleteLocalRef(element);
}

jobjectArray new_array(JNIEnv* env, const char* type, size_t length) {
  const jclass elements = class_of(env, type);
  const jobjectArray array = required(env->NewObjectArray(static_cast<jsize>(length), elements, nullptr));
  env->DeleteLocalRef(elements);
  return array;
}

}  // namespace swiglu::jni
