# Finds jni.h, for the functions that Java calls: in the JDK that JAVA_HOME names, else in the one whose javac is on the path.
# Provides the target java::headers. Nothing of the JDK is linked: the virtual machine loads this library, not the reverse.
find_program(JAVA_COMPILER javac HINTS $ENV{JAVA_HOME}/bin DOC "javac of the JDK whose jni.h is used")
get_filename_component(_jdk "${JAVA_COMPILER}" REALPATH)
get_filename_component(_jdk "${_jdk}/../.." ABSOLUTE)
find_path(JNI_INCLUDE_DIR jni.h HINTS ${_jdk}/include NO_DEFAULT_PATH DOC "folder of jni.h")
find_path(JNI_PLATFORM_INCLUDE_DIR jni_md.h HINTS ${_jdk}/include/linux ${_jdk}/include NO_DEFAULT_PATH DOC "folder of jni_md.h")
if(NOT JNI_INCLUDE_DIR OR NOT JNI_PLATFORM_INCLUDE_DIR)
  message(FATAL_ERROR "jni.h was not found. Install a JDK, 17 or newer, and name its folder in the environment variable JAVA_HOME.")
endif()

add_library(java_headers INTERFACE)
target_include_directories(java_headers SYSTEM INTERFACE ${JNI_INCLUDE_DIR} ${JNI_PLATFORM_INCLUDE_DIR})
add_library(java::headers ALIAS java_headers)
