// Constant JSON paths: "JSON path expressions (SQL Server)".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::dialects {

struct JsonStep {
  std::string key;
  int32_t index = -1;  // From 0, of an array; -1: the step is a key.
};

// The steps behind "$"; none where the text is no such path. `$.a[0]."b c"` has three.
std::optional<std::vector<JsonStep>> ParseJsonPath(std::string_view text);

// The steps as text. `quoted_key` stands for keys that are no plain words, $0 being the key.
std::string JsonPathText(const std::vector<JsonStep>& steps, std::string_view quoted_key);

}  // namespace datamigrate::dialects
