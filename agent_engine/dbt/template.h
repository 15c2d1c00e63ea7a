// The part of Jinja that our models use: {{ ref('m') }}, {{ source('s', 't') }}, {{ var('v',
// default) }} and strings.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace datamigrate::dbt {

// `text` so that Jinja gives it back unchanged: "{{", "{%", "{#" are written as Jinja strings.
std::string EscapeJinja(std::string_view text);

// Escapes a translated query, but leaves calls of ref(), source() and var() with arguments in
// single quotes as they are. A SQL string literal cannot hold one by chance: there single quotes
// are doubled.
std::string EscapeJinjaExceptCalls(std::string_view sql);

// A {{ var('name', default) }} of a query.
struct VarCall {
  std::string name;
  std::string default_value;
};
// Every var() call in `sql`, in order.
std::vector<VarCall> FindVarCalls(std::string_view sql);

// `text` as a value in a test's arguments. dbt renders such values, and takes one that looks like a
// call of ref(), source(), var(), env_var() or doc() for that call.
std::string TestArgument(std::string_view text);

// What the calls of a template stand for.
struct TemplateScope {
  std::function<absl::StatusOr<std::string>(const std::string& model)> ref;
  std::function<absl::StatusOr<std::string>(const std::string& source, const std::string& table)>
      source;
  // The default is the literal's text without quotes, or "" when there is none.
  std::function<std::string(const std::string& name, const std::string& default_value)> var;
};

// Renders a model's text as dbt would. kInvalidArgument for anything beyond the part named above,
// with its place.
absl::StatusOr<std::string> RenderTemplate(std::string_view text, const TemplateScope& scope);

}  // namespace datamigrate::dbt
