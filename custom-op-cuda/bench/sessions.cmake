# session_bench: whole models in ONNX Runtime. It opens ONNX Runtime's library when it runs, so that nothing of it is needed here.
find_package(CUDAToolkit REQUIRED)

add_executable(session_bench ${CMAKE_CURRENT_LIST_DIR}/session_bench.cc)
target_include_directories(session_bench PRIVATE ${CMAKE_CURRENT_LIST_DIR}/../src)
target_compile_features(session_bench PRIVATE cxx_std_17)
target_link_libraries(session_bench PRIVATE onnxruntime::headers CUDA::cudart_static ${CMAKE_DL_LIBS})
