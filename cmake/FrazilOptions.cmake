set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

option(FRAZIL_WERROR "Warnings are errors" ON)
option(FRAZIL_TESTS "Unit tests" ON)
option(FRAZIL_FUZZ "Fuzz targets of fuzz/, and the counters that they need in the libraries" OFF)
set(FRAZIL_SANITIZE "" CACHE STRING "Sanitizers of the whole build: address,undefined or thread")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wswitch -Wunused
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion> $<$<COMPILE_LANGUAGE:CXX>:-Wsign-conversion>
  $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast> $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees uninitialized members in moved-from optionals and variants where there are none.
  add_compile_options(-Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12 itself uses what it calls deprecated, in std::stable_sort; only GCC keeps quiet about it.
  add_compile_options(-Wno-deprecated-declarations)
endif()
if(FRAZIL_WERROR)
  add_compile_options(-Werror)
endif()
if(FRAZIL_SANITIZE)
  add_compile_options(-fsanitize=${FRAZIL_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${FRAZIL_SANITIZE})
  if(FRAZIL_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

find_program(FRAZIL_CCACHE ccache)
if(FRAZIL_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${FRAZIL_CCACHE}")
endif()
find_program(FRAZIL_MOLD mold)
if(FRAZIL_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
