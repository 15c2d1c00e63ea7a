# Script: writes OUTPUT, a C++ source with the prompt FILE as the constant NAME.
#   cmake -DFILE=... -DOUTPUT=... -DNAME=... -P embed_prompts.cmake
file(READ "${FILE}" text)
string(FIND "${text}" ")dm_prompt\"" clash)
if(NOT clash EQUAL -1)
  message(FATAL_ERROR "${FILE}: holds the delimiter of its C++ literal")
endif()
file(WRITE "${OUTPUT}" "// Generated from a prompt's file.
#include <string_view>

namespace datamigrate::knowledge {

extern const std::string_view ${NAME};
const std::string_view ${NAME} = R\"dm_prompt(${text})dm_prompt\";

}  // namespace datamigrate::knowledge
")
