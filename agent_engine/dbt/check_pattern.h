// Recognizes CHECK constraints that list the values of one column.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::dbt {

struct ValueList {
  std::string column;               // As written, without quotes.
  std::vector<std::string> values;  // Plain text of the literals, each once, in order.
  bool are_text = false;
};

// The value list of T-SQL like "[Kind] IN ('A', 'B')" or "([Kind]='A' OR [Kind]='B')", which is how
// SQL Server stores it. Empty for every other expression.
std::optional<ValueList> FindValueList(std::string_view expression);

}  // namespace datamigrate::dbt
