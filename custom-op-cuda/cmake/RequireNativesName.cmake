# cmake -DCLASSIFIER=NAME -DBUILT=FILE -P RequireNativesName.cmake: the classifier under which Maven is about to install the library's jar
# has to be the name that the build found right, which is in FILE.
file(READ ${BUILT} natives)
if(NOT CLASSIFIER STREQUAL natives)
  message(FATAL_ERROR "The library was built for ${natives}, so its jar cannot be installed as ${CLASSIFIER}. Run Maven with -Dnatives.classifier=${natives}.")
endif()
