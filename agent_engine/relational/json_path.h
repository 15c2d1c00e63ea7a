// JSON paths as SQL Server's functions take them: "JSON path expressions".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::relational {

struct JsonStep {
  std::string key;     // Of an object; empty for an element.
  int32_t index = -1;  // Of an array, from 0; -1 for a property.
};

struct JsonPath {
  bool appends = false;  // JSON_MODIFY: the value goes behind the last element.
  bool is_strict = false;
  std::vector<JsonStep> steps;
};

// Empty for what is no path to one value: wildcards and ranges too.
std::optional<JsonPath> ParseJsonPath(std::string_view text);

// "$.a[1].\"b c\"", without its modes.
std::string JsonPathText(const JsonPath& path);
// The steps as PostgreSQL writes an array of text: {a,1,"b c"}.
std::string JsonPathArray(const JsonPath& path);

}  // namespace datamigrate::relational
