# frazil_module(NAME [DEPENDS folder...] [LINKS target...] [TEST_DEPENDS folder...])
#
# One folder of src/ as a static library frazil_NAME of all its .cc files, and one program NAME_test of its
# *_test.cc and *_testing.cc files. DEPENDS are other folders, LINKS foreign libraries, TEST_DEPENDS folders that only
# the tests use.
function(frazil_module name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINKS;TEST_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_(test|testing)\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_(test|testing)|/main)\\.cc$")

  list(TRANSFORM arg_DEPENDS PREPEND frazil_)
  list(TRANSFORM arg_TEST_DEPENDS PREPEND frazil_)
  if(sources)
    add_library(frazil_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(frazil_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(frazil_${name} ${scope} "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(frazil_${name} ${scope} ${arg_DEPENDS} ${arg_LINKS})

  if(FRAZIL_TESTS AND tests)
    add_executable(${name}_test EXCLUDE_FROM_ALL ${tests})
    target_link_libraries(${name}_test PRIVATE frazil_${name} ${arg_TEST_DEPENDS} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE FRAZIL_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    if(FRAZIL_SANITIZE)
      # What is tested is instrumented; the tests' own statements are not worth half of the build's time.
      target_compile_options(${name}_test PRIVATE -O0 -fno-sanitize=undefined)
    endif()
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
    add_dependencies(unit_tests ${name}_test)
  endif()
endfunction()
