# What the services link, as Debian 12 packages it; deploy/local/setup installs all of it.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

find_program(DATAMIGRATE_CCACHE ccache)
if(DATAMIGRATE_CCACHE)
  # Paths relative to the tree, so that every clone shares the cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${DATAMIGRATE_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()
find_program(DATAMIGRATE_MOLD mold)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  include(datamigrate_release)
elseif(DATAMIGRATE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Linking is where the memory goes: one heavy link at a time.
set_property(GLOBAL PROPERTY JOB_POOLS datamigrate_link=1)
set(CMAKE_JOB_POOL_LINK datamigrate_link)

if(DATAMIGRATE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(DATAMIGRATE_SANITIZE STREQUAL "thread")
  # With the compiler's own macro Protobuf's headers give maps two more members than Debian's library knows of.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -U__SANITIZE_THREAD__)
  add_compile_definitions(DATAMIGRATE_THREAD_SANITIZER)
  add_link_options(-fsanitize=thread
    "LINKER:--version-script=${CMAKE_SOURCE_DIR}/tests/support/tsan.map")
  # Part of each program, as these libraries hide from the sanitizer what orders threads.
  set(DATAMIGRATE_SANITIZER_SOURCES "${CMAKE_SOURCE_DIR}/tests/support/tsan_abseil.cc"
      "${CMAKE_SOURCE_DIR}/tests/support/tsan_duckdb.cc"
      "${CMAKE_SOURCE_DIR}/tests/support/tsan_grpc.cc")
endif()

find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(CURL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(libarchive REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(vectorscan REQUIRED IMPORTED_TARGET libhs)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  datamigrate_link_archives()
endif()

# The embedded DuckDB: a prefix with include/duckdb.h and lib/libduckdb.so.
if(NOT DEFINED DUCKDB_ROOT)
  if(DEFINED ENV{DUCKDB_ROOT})
    set(DUCKDB_ROOT "$ENV{DUCKDB_ROOT}")
  else()
    set(DUCKDB_ROOT "${CMAKE_SOURCE_DIR}/build/deps/duckdb")
  endif()
endif()
if(NOT EXISTS "${DUCKDB_ROOT}/include/duckdb.h" OR NOT EXISTS "${DUCKDB_ROOT}/lib/libduckdb.so")
  message(FATAL_ERROR "DuckDB is not under DUCKDB_ROOT=${DUCKDB_ROOT} "
                      "(include/duckdb.h and lib/libduckdb.so). Run deploy/local/setup.")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION "${DUCKDB_ROOT}/lib/libduckdb.so"
  IMPORTED_NO_SONAME TRUE
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${DUCKDB_ROOT}/include"
  INTERFACE_INCLUDE_DIRECTORIES "${DUCKDB_ROOT}/include")
