// JSON as the command line prints it.
#pragma once

#include <string>

#include "common/diagnostics/diagnostic.h"
#include "nlohmann/json.hpp"

namespace datamigrate::cli {

// On one line; bytes that are not UTF-8 become U+FFFD.
std::string JsonLine(const nlohmann::ordered_json& value);

// {"code","severity","line","column","message","hint"}, with "object" and "file" where they are known. Positions are those of
// `diagnostic.place` when it names a file, else of its span in `text`.
nlohmann::ordered_json ToJson(const diagnostics::Diagnostic& diagnostic,
                              const diagnostics::SourceFile* text);

}  // namespace datamigrate::cli
