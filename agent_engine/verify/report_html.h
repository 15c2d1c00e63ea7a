// The report of a migration as one HTML page: no scripts, nothing loaded from elsewhere, every text
// escaped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/dbt/dbt_runner.h"
#include "agent_engine/dbt/project_model.h"
#include "agent_engine/verify/validation.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::verify {

struct KindCount {
  std::string kind;  // "table", "view", ….
  int found = 0;
  int converted = 0;
  int refused = 0;
};

struct TableRows {
  std::string table;  // "schema.name".
  int64_t source_rows = 0;
  int64_t target_rows = 0;
  bool is_equal = false;  // Counts and checksums of every chunk.
};

// A view's or procedure's rows beside those that were taken from the source.
struct ResultRows {
  std::string object;  // "schema.name".
  int64_t source_rows = 0;
  int64_t target_rows = 0;
  std::string difference;  // Empty: equal.
};

// One answer of a model about an object that the rules refuse.
struct RewriteLine {
  std::string object;   // "schema.name".
  std::string model;    // Empty: none answered.
  std::string verdict;  // "proven", "unproven, accepted", "differs", ….
  std::string reason;
  int64_t cost_microdollars = 0;
  bool is_used = false;  // It stands in the project.
};

// One finding, ready to be shown.
struct ReportFinding {
  std::string code;
  std::string severity;  // "error", "warning", "note".
  std::string object;
  std::string place;  // "file:line:column"; may be empty.
  std::string message;
  std::string hint;
};

// A model in the picture of the lineage.
struct LineageNode {
  std::string name;
  std::string layer;  // "staging", "intermediate", "marts".
  bool is_refused = false;
  std::vector<std::string> depends_on;  // Names of nodes.
};

struct ReportContent {
  std::string title;  // The database's name.
  std::string source;
  std::string target;
  std::string finished_at;  // As it is to be shown.
  std::string duration;     // As it is to be shown; may be empty.
  std::vector<KindCount> counts;
  Validation validation;
  std::vector<dbt::DbtStepResult> steps;
  std::vector<TableRows> tables;
  std::vector<ResultRows> results;
  std::vector<RewriteLine> rewrites;
  std::vector<ReportFinding> findings;
  std::vector<LineageNode> lineage;
};

ReportFinding ToFinding(const diagnostics::Diagnostic& diagnostic);
std::vector<LineageNode> LineageOf(const dbt::Project& project);

std::string RenderReport(const ReportContent& content);

// `text` with &, <, >, " and ' as entities; control characters are replaced.
std::string EscapeHtml(std::string_view text);

}  // namespace datamigrate::verify
