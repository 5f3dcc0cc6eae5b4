# Finds the C API headers of ONNX Runtime: ONNXRUNTIME_INCLUDE_DIR, then the system, then Debian's package.
# Provides the target onnxruntime::headers. The library links nothing of ONNX Runtime: it is handed the API at registration.

find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_c_api.h
  PATH_SUFFIXES onnxruntime onnxruntime/core/session
  DOC "folder of onnxruntime_c_api.h, ONNX Runtime 1.21 or newer")

if(NOT ONNXRUNTIME_INCLUDE_DIR)
  set(_fetched ${CMAKE_BINARY_DIR}/onnxruntime-headers)
  message(STATUS "ONNX Runtime's headers are not installed: unpacking Debian's libonnxruntime-dev into the build folder")
  execute_process(
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/fetch-onnxruntime-headers.sh ${_fetched}
    RESULT_VARIABLE _failed OUTPUT_QUIET)
  if(_failed)
    message(FATAL_ERROR "ONNX Runtime's headers were not found and could not be fetched. "
      "Install libonnxruntime-dev, or set -DONNXRUNTIME_INCLUDE_DIR to the folder of onnxruntime_c_api.h.")
  endif()
  set(ONNXRUNTIME_INCLUDE_DIR ${_fetched}/usr/include/onnxruntime CACHE PATH "" FORCE)
endif()

add_library(onnxruntime_headers INTERFACE)
target_include_directories(onnxruntime_headers SYSTEM INTERFACE ${ONNXRUNTIME_INCLUDE_DIR})
add_library(onnxruntime::headers ALIAS onnxruntime_headers)
