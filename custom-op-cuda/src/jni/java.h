// Java's strings, arrays and exceptions.
#pragma once

#include <jni.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "ort/api.h"

namespace swiglu::jni {

// Becomes a Java exception of this class at the end of the native call.
class JavaException : public std::runtime_error {
 public:
  JavaException(const char* type, const std::string& sentence) : std::runtime_error(sentence), type_(type) {}
  const char* type() const { return type_; }

 private:
  const char* type_;
};

inline JavaException illegal_state(const std::string& sentence) { return {"java/lang/IllegalStateException", sentence}; }

// An exception is already waiting in Java, thrown by a JNI function.
struct PendingException {};

// To be called in a catch block: throws in Java what was caught, failures of ONNX Runtime as its own Java classes do.
void throw_in_java(JNIEnv* env) noexcept;

// In UTF-8, as ONNX Runtime has all text. Null gives the empty string.
std::string to_string(JNIEnv* env, jstring text);
std::vector<std::string> to_strings(JNIEnv* env, jobjectArray texts);
std::vector<int64_t> to_shape(JNIEnv* env, jlongArray shape);

jstring to_java(JNIEnv* env, const std::string& text);
jlongArray to_java(JNIEnv* env, const std::vector<int64_t>& numbers);
jobjectArray to_java(JNIEnv* env, const std::vector<std::string>& texts);
// An array of `type` whose elements are null.
jobjectArray new_array(JNIEnv* env, const char* type, size_t length);
// The array keeps the element; the local reference to it goes.
void set_element(JNIEnv* env, jobjectArray array, size_t index, jobject element);

}  // namespace swiglu::jni
