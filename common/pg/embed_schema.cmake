# Script: writes OUTPUT, a C++ source with every file of FOLDER that is named NNNN_name.sql.
#   cmake -DFOLDER=... -DOUTPUT=... -DCOMPONENT=... -DNAMESPACE=... -P embed_schema.cmake
file(GLOB paths "${FOLDER}/[0-9][0-9][0-9][0-9]_*.sql")
list(SORT paths)

set(rows "")
set(expected 1)
foreach(path IN LISTS paths)
  get_filename_component(name "${path}" NAME)
  string(REGEX REPLACE "^0*([0-9]+)_.*" "\\1" number "${name}")
  if(NOT number EQUAL expected)
    message(FATAL_ERROR "${path}: expected number ${expected}; schema files count up without gaps")
  endif()
  math(EXPR expected "${expected} + 1")
  file(SHA256 "${path}" sha256)
  file(READ "${path}" text)
  string(FIND "${text}" ")dm_sql\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${path}: holds the delimiter of its C++ literal")
  endif()
  string(APPEND rows
    "      {${number}, \"${name}\",\n       \"${sha256}\",\n       R\"dm_sql(${text})dm_sql\"},\n")
endforeach()

file(WRITE "${OUTPUT}" "// Generated from ${COMPONENT}'s schema files.
#include \"common/pg/schema.h\"

namespace ${NAMESPACE} {

const pg::SchemaComponent& Schema();

const pg::SchemaComponent& Schema() {
  static const pg::SchemaComponent* const schema = new pg::SchemaComponent{\"${COMPONENT}\", {
${rows}  }};
  return *schema;
}

}  // namespace ${NAMESPACE}
")
