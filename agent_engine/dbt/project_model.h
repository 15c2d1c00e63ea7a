// A dbt project as values: what is written to files, run in-process, and shown to people.
//
// Every text is final: names are unique and valid for dbt, SQL is the target's with dbt's calls in
// {{ … }}.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/dialects/target.h"
#include "agent_engine/relational/lineage.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::dbt {

enum class Layer : uint8_t { kStaging, kIntermediate, kMarts };
enum class Materialization : uint8_t { kView, kTable };
enum class ModelStatus : uint8_t { kConverted, kRefused };

// "staging", "intermediate", "marts".
std::string_view LayerName(Layer layer);
// "view", "table".
std::string_view MaterializationName(Materialization materialization);

enum class TestKind : uint8_t {
  kNotNull,
  kUnique,
  kUniqueCombination,
  kRelationships,
  kForeignKey,
  kAcceptedValues,
  kAcceptedValuesIgnoringCase,
  kExpressionHolds,
};

// The test's name in dbt: "not_null", "unique", "unique_combination", ….
std::string_view TestName(TestKind kind);

// One assertion about a model. Which fields count depends on the kind.
struct ModelTest {
  TestKind kind = TestKind::kNotNull;
  std::vector<std::string> columns;     // Source names; exactly one for tests of a column.
  std::string to_model;                 // kRelationships, kForeignKey: the parent.
  std::vector<std::string> to_columns;  // As many as columns.
  std::vector<std::string>
      folded_columns;               // kForeignKey: those of columns that compare without case.
  std::vector<std::string> values;  // kAcceptedValues…: plain text of the literals.
  bool values_are_text = true;
  std::string expression;   // kExpressionHolds: the target's SQL; rows where it is false fail.
  std::string where;        // Only these rows count; the target's SQL, or empty.
  bool only_warns = false;  // The source did not vouch for it either.
  std::string constraint;   // The source's name of the constraint; may be empty.
};

struct ModelColumn {
  std::string name;         // As in the source.
  std::string target_type;  // Empty where it is not known.
  std::string description;
  bool nullable = true;
};

struct Model {
  std::string name;   // Unique in the project; also the file's name.
  std::string alias;  // The relation's name in the target.
  Layer layer = Layer::kStaging;
  Materialization materialization = Materialization::kView;
  std::string folder;  // "models/marts/sales".
  std::string schema;  // The schema it is built into in production.
  std::string sql;     // Empty when refused.
  std::string description;
  std::vector<ModelColumn> columns;
  std::vector<ModelTest> tests;
  std::vector<std::string> depends_on;  // Names of models, each once.
  relational::QueryLineage lineage;     // Of views and routines: which columns of the source's
                                        // relations its columns come from.
  catalog::ObjectName source_object;
  std::string source_kind;    // "table", "view", "procedure", "function".
  std::string source_sql;     // The original T-SQL; empty for tables.
  std::string rewritten_sql;  // The T-SQL that it was translated from where that is not source_sql.
  catalog::SourcePlace place;
  std::vector<diagnostics::Diagnostic> diagnostics;
  ModelStatus status = ModelStatus::kConverted;

  // Path of the model's file inside the project.
  std::string path() const { return folder + "/" + name + ".sql"; }
};

// T-SQL that somebody wrote in place of a definition that the rules refuse, kept beside the
// project.
struct RewrittenObject {
  catalog::ObjectName object;
  std::string kind;      // "view", "procedure", "function".
  std::string path;      // "rewritten/sales/load_orders.sql".
  std::string sql;       // What was translated.
  std::string original;  // What it stands for.
  std::string author;
  std::string evidence;
};

struct SourceColumn {
  std::string name;
  catalog::DataType source_type;  // Alias types resolved.
  std::string target_type;        // Never empty.
  bool nullable = true;
  std::string description;
};

// A table of the source as it is loaded: no computed columns.
struct SourceTable {
  catalog::ObjectName object;
  std::string source_name;  // First argument of source().
  std::string table_name;   // Second argument of source().
  std::string raw_schema;   // Where the rows are loaded: "raw_sales".
  std::string identifier;   // The relation's name there.
  std::string description;
  std::vector<SourceColumn> columns;
  std::string staging_model;
};

// The kind of procedures that look after the server and have no part in a warehouse.
inline constexpr std::string_view kAdministrationKind = "administration";

// The kind of what the migration's plan leaves out.
inline constexpr std::string_view kLeftOutKind = "left out";

// An object without a model: a trigger, a procedure that administers the server, what is left out.
struct UnconvertedObject {
  catalog::ObjectName object;
  std::string model;  // Its refused model, which has the diagnostics too; empty when there is none.
  std::string kind;   // "trigger", "procedure", …
  std::string path;   // "unconverted/sales/load_orders.sql".
  std::string source_sql;
  catalog::SourcePlace place;
  std::vector<diagnostics::Diagnostic> diagnostics;
};

struct Variable {
  std::string name;
  std::string default_value;
  std::string model;  // Where it is used first.
};

// Constraints of the source that could be tests, and those that have one: what the score's coverage
// is counted from.
struct TestCoverage {
  int64_t constraints = 0;
  int64_t tested = 0;
  std::vector<std::string> untested;  // "schema.table: constraint", in order.
};

struct Project {
  std::string name;  // A dbt project name: letters, digits and _.
  std::string database;
  dialects::Target target = dialects::Target::kDuckDb;
  std::vector<SourceTable> sources;
  std::vector<Model>
      models;  // In the order they can run: each after what it depends on. Refused ones come last.
  std::vector<UnconvertedObject> unconverted;  // Also one for each refused model.
  std::vector<RewrittenObject> rewritten;
  std::vector<Variable> variables;
  std::vector<diagnostics::Diagnostic> diagnostics;  // About tables and the project as a whole.
  TestCoverage coverage;
};

// Every diagnostic of the project: its own, the models', the unconverted objects'.
std::vector<diagnostics::Diagnostic> AllDiagnostics(const Project& project);

// Files by their path inside the project, "/" between folders.
using ProjectFiles = std::map<std::string, std::string>;

}  // namespace datamigrate::dbt
