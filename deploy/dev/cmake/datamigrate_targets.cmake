# One CMake target per module. Headers are included by their path from the repository's root.

# datamigrate_module(NAME SOURCES file... DEPENDS target...)
function(datamigrate_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow)
endfunction()

# datamigrate_binary(NAME SOURCES file... DEPENDS target...)
function(datamigrate_binary name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES} ${DATAMIGRATE_SANITIZER_SOURCES})
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow)
endfunction()

# datamigrate_test(NAME SOURCES file... DEPENDS target... [LABELS label...] [TIMEOUT seconds])
# A Catch2 program of its own, one ctest entry; the main function is compiled once for all.
function(datamigrate_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(${name} ${arg_SOURCES} ${DATAMIGRATE_SANITIZER_SOURCES})
  target_link_libraries(${name} PRIVATE datamigrate_catch_main ${arg_DEPENDS})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow)
  target_compile_definitions(${name} PRIVATE
    DATAMIGRATE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    DATAMIGRATE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
                       SKIP_RETURN_CODE 77)
endfunction()
