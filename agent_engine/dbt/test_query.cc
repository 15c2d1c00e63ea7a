#include "agent_engine/dbt/test_query.h"

#include <algorithm>

namespace datamigrate::dbt {
namespace {

std::string Quote(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

std::string Name(std::string_view name) {
  return Quote(name, '"');
}

std::string Folded(const std::string& expression) {
  return "lower(rtrim(" + expression + "))";
}

std::string NameList(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + Name(name);
  return list;
}

std::string ValueList(const ModelTest& test) {
  std::string list;
  for (const std::string& value : test.values) {
    if (!list.empty()) list += ", ";
    const std::string literal = test.values_are_text ? Quote(value, '\'') : value;
    list += test.kind == TestKind::kAcceptedValuesIgnoringCase ? "lower(" + literal + ")" : literal;
  }
  return list;
}

std::string OrphansQuery(const ModelTest& test, const std::string& from,
                         const std::string& parent) {
  std::string filled, match;
  for (size_t i = 0; i < test.columns.size(); ++i) {
    std::string own = "child." + Name(test.columns[i]);
    std::string other = "parent." + Name(test.to_columns[i]);
    filled += own + " is not null and ";
    if (std::ranges::find(test.folded_columns, test.columns[i]) != test.folded_columns.end()) {
      own = Folded(own);
      other = Folded(other);
    }
    match += (i == 0 ? "" : " and ") + other + " = " + own;
  }
  return "select child.* from " + from + " as child where " + filled +
         "not exists (select 1 from " + parent + " as parent where " + match + ")";
}

}  // namespace

std::string FailingRowsQuery(
    const ModelTest& test, const std::string& relation,
    const std::function<std::string(const std::string& model)>& relation_of) {
  const std::string from =
      test.where.empty() ? relation : "(select * from " + relation + " where " + test.where + ")";
  const std::string column = test.columns.empty() ? "" : Name(test.columns[0]);
  switch (test.kind) {
    case TestKind::kNotNull:
      return "select 1 from " + from + " where " + column + " is null";
    case TestKind::kUnique:
      return "select 1 from " + from + " where " + column + " is not null group by " + column +
             " having count(*) > 1";
    case TestKind::kUniqueCombination:
      return "select 1 from " + from + " group by " + NameList(test.columns) +
             " having count(*) > 1";
    case TestKind::kRelationships:
    case TestKind::kForeignKey:
      return OrphansQuery(test, from, relation_of(test.to_model));
    case TestKind::kAcceptedValues:
      return "select 1 from " + from + " where " + column + " not in (" + ValueList(test) + ")";
    case TestKind::kAcceptedValuesIgnoringCase:
      return "select 1 from " + from + " where " + Folded(column) + " not in (" + ValueList(test) +
             ")";
    case TestKind::kExpressionHolds:
      return "select 1 from " + from + " where not (" + test.expression + ")";
  }
  return "";
}

}  // namespace datamigrate::dbt
