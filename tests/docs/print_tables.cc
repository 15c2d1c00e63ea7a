// Prints the tables that pages of docs/reference are made of, as one JSON document.
#include <cstdio>

#include "agent_engine/dialects/translate.h"
#include "agent_engine/verify/validation.h"
#include "common/diagnostics/diagnostic.h"
#include "common/guardian/rule_book.h"
#include "nlohmann/json.hpp"
#include "tests/docs/function_tables.h"

namespace {

using nlohmann::ordered_json;

ordered_json Diagnostics() {
  ordered_json rows = ordered_json::array();
  for (const datamigrate::diagnostics::DiagnosticKind& kind :
       datamigrate::diagnostics::AllKinds()) {
    rows.push_back({{"code", kind.code},
                    {"severity", datamigrate::diagnostics::SeverityName(kind.severity)},
                    {"text", kind.text}});
  }
  return rows;
}

ordered_json Checks() {
  ordered_json rows = ordered_json::array();
  for (const datamigrate::verify::CheckKind& kind : datamigrate::verify::kCheckKinds) {
    rows.push_back({{"name", kind.name}, {"weight", kind.weight}, {"counts", kind.counts}});
  }
  return rows;
}

// A type of SQL Server as columns are declared, and what each target makes of it; empty: refused.
ordered_json Types() {
  using datamigrate::catalog::DataType;
  const std::vector<DataType> types = {{.name = "bit"},
                                       {.name = "tinyint"},
                                       {.name = "smallint"},
                                       {.name = "int"},
                                       {.name = "bigint"},
                                       {.name = "decimal", .precision = 18, .scale = 4},
                                       {.name = "smallmoney"},
                                       {.name = "money"},
                                       {.name = "real"},
                                       {.name = "float"},
                                       {.name = "char", .length = 10},
                                       {.name = "varchar", .length = 50},
                                       {.name = "varchar", .length = -1},
                                       {.name = "nchar", .length = 10},
                                       {.name = "nvarchar", .length = 50},
                                       {.name = "nvarchar", .length = -1},
                                       {.name = "text"},
                                       {.name = "ntext"},
                                       {.name = "date"},
                                       {.name = "time", .scale = 7},
                                       {.name = "smalldatetime"},
                                       {.name = "datetime"},
                                       {.name = "datetime2", .scale = 7},
                                       {.name = "datetimeoffset", .scale = 7},
                                       {.name = "binary", .length = 16},
                                       {.name = "varbinary", .length = -1},
                                       {.name = "image"},
                                       {.name = "rowversion"},
                                       {.name = "uniqueidentifier"},
                                       {.name = "xml"},
                                       {.name = "json"},
                                       {.name = "vector", .length = 3},
                                       {.name = "sql_variant"},
                                       {.name = "hierarchyid"},
                                       {.name = "geography"},
                                       {.name = "geometry"}};
  ordered_json rows = ordered_json::array();
  for (const DataType& type : types) {
    ordered_json row = {{"type", type.ToString()}};
    for (datamigrate::dialects::Target target : datamigrate::dialects::kTargets)
      row[std::string(TargetName(target))] = datamigrate::dialects::TargetType(type, target);
    rows.push_back(row);
  }
  return rows;
}

ordered_json GuardianRules() {
  const auto rules = datamigrate::guardian::RuleBook::Compile();
  ordered_json rows = ordered_json::array();
  for (const datamigrate::guardian::RuleBook::Entry& entry : rules.value().entries()) {
    rows.push_back({{"id", entry.rule->id},
                    {"category", datamigrate::guardian::NameOf(entry.category)},
                    {"title", entry.rule->title},
                    {"reference", entry.rule->reference},
                    {"score", static_cast<double>(entry.rule->score)}});
  }
  return rows;
}

}  // namespace

int main() {
  const ordered_json tables = {{"diagnostics", Diagnostics()},
                               {"checks", Checks()},
                               {"types", Types()},
                               {"functions", datamigrate::docs::FunctionTable()},
                               {"guardian_rules", GuardianRules()},
                               {"approval_score", datamigrate::verify::kApprovalScore}};
  std::printf("%s\n", tables.dump(1).c_str());
}
