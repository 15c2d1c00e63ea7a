// Writes JSON as SQL Server does, as expressions that give text: values, objects and arrays. Pure:
// needs no scope and no catalog.
//
// Sources: "How FOR JSON converts SQL Server data types to JSON data types", "How FOR JSON escapes
// special characters and control characters", "Format nested JSON output with PATH mode".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/relational/expr.h"

namespace datamigrate::relational {

// A property of an object: a value, or, where `value` is null, an object of its own.
struct JsonMember {
  std::string key;
  ExprPtr value;  // The value's JSON text, as JsonValue gives it.
  std::vector<JsonMember> members{};
};

// Text made of constants and expressions, constants side by side joined.
class TextBuilder {
 public:
  void Add(std::string_view constant);
  void Add(ExprPtr text);
  // One expression of type nvarchar(max); empty text where nothing was added.
  ExprPtr Take();

 private:
  std::vector<ExprPtr> parts_;
};

// A string between double quotes, escaped.
std::string QuotedJson(std::string_view text);

// The JSON text of `value` by its type; NULL for NULL. Null where the type has no JSON text.
ExprPtr JsonValue(ExprPtr value);

// Adds a property at a path of dotted names. False where the path was given before, or where
// another property stands between it and the object that it belongs to.
bool AddMember(std::vector<JsonMember>& members, std::string_view path, ExprPtr value);

// {"key":value,...}. Members that are NULL are left out, or written as null. Never NULL; an object
// within it of which nothing is left is left out, too.
ExprPtr JsonObject(std::vector<JsonMember> members, bool includes_nulls);

// Whether the expression surely gives a value; says no where that takes more than a look.
bool IsNeverNull(const Expr& expr);

}  // namespace datamigrate::relational
