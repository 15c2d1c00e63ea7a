# What users run: hardened, and with no page in memory that is not needed (docs/decisions/0013-few-pages-a-service.md).

# Every module ends in a program, so that calls need not go through tables as in shared libraries.
set(CMAKE_CXX_COMPILE_OPTIONS_PIC -fPIE)
add_compile_options(-fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
add_link_options(-pie -Wl,-z,relro,-z,now)

# A section for each function: what nothing calls is left out. The default linker puts what runs at the start side by side, and
# packs relocations so that glibc takes them, which Debian's mold does not.
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections,-O1,-z,pack-relative-relocs)

# Libraries of packages that are linked from their archives: of dozens of shared ones each costs pages for itself, and all
# of it is loaded. Not so those that Debian mends most often, and what they bring: OpenSSL, libpq and libcurl.
set(DATAMIGRATE_ARCHIVES
  "absl_.*|address_sorting|archive|bz2|cares|gpr|grpc|grpc\\+\\+|grpc\\+\\+_reflection|hiredis|hs|lzma|nettle|protobuf|re2|sodium|upb|utf8proc|yaml-cpp|z|zstd")

# Sets `result` to the archive of a library that is given by name or path, or to what was given.
function(datamigrate_archive_of library result)
  get_filename_component(file "${library}" NAME)
  string(REGEX REPLACE "^(lib|-l)|\\.so[.0-9]*$" "" name "${file}")
  set(${result} "${library}" PARENT_SCOPE)
  if(NOT name MATCHES "^(${DATAMIGRATE_ARCHIVES})$")
    return()
  endif()
  find_library(DATAMIGRATE_ARCHIVE_${name} "lib${name}.a")
  if(DATAMIGRATE_ARCHIVE_${name})
    set(${result} "${DATAMIGRATE_ARCHIVE_${name}}" PARENT_SCOPE)
  endif()
endfunction()

# Lets what the packages have found name archives instead of shared libraries.
function(datamigrate_link_archives)
  # What their packages leave to whoever links the archive.
  find_package(BZip2 REQUIRED)
  find_package(LibLZMA REQUIRED)
  pkg_check_modules(nettle REQUIRED IMPORTED_TARGET nettle)
  target_link_libraries(PkgConfig::libarchive INTERFACE PkgConfig::nettle LibLZMA::LibLZMA BZip2::BZip2 PkgConfig::zstd ZLIB::ZLIB)
  target_link_libraries(protobuf::libprotobuf INTERFACE ZLIB::ZLIB)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    foreach(property IMPORTED_LOCATION IMPORTED_LOCATION_NONE IMPORTED_LOCATION_RELEASE INTERFACE_LINK_LIBRARIES)
      get_target_property(libraries ${target} ${property})
      if(NOT libraries)
        continue()
      endif()
      set(changed "")
      foreach(library IN LISTS libraries)
        datamigrate_archive_of("${library}" archive)
        list(APPEND changed "${archive}")
      endforeach()
      set_target_properties(${target} PROPERTIES ${property} "${changed}")
    endforeach()
  endforeach()
endfunction()

# malloc and operator new of every program: jemalloc needs a fifth less time a request than glibc, and no more memory.
find_library(DATAMIGRATE_JEMALLOC libjemalloc_pic.a REQUIRED)
link_libraries("${DATAMIGRATE_JEMALLOC}")

# Archives that need one another are looked through until nothing new is found.
set(CMAKE_CXX_LINK_EXECUTABLE
  "<CMAKE_CXX_COMPILER> <FLAGS> <CMAKE_CXX_LINK_FLAGS> <LINK_FLAGS> <OBJECTS> -o <TARGET> -Wl,--start-group <LINK_LIBRARIES> -Wl,--end-group")
