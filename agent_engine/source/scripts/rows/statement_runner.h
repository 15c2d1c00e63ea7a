// Runs the statements of scripts that load and change rows, so that the rows are those a server
// would hold afterwards.
//
// Definitions were read before (catalog_builder.h). What cannot be run is reported with its place
// and passed over; a statement that fails changes nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/source/scripts/batch.h"
#include "agent_engine/source/scripts/rows/evaluator.h"
#include "agent_engine/source/scripts/rows/query_runner.h"
#include "agent_engine/source/scripts/rows/table_set.h"
#include "agent_engine/tsql/ast/syntax_tree.h"
#include "agent_engine/tsql/parser/parser.h"
#include "common/diagnostics/diagnostic.h"

namespace datamigrate::source {

// Whether a statement, or one below it, may change rows or what later batches mean (SET DATEFORMAT,
// IDENTITY_INSERT).
bool TouchesRows(tsql::Node statement);

struct StatementRunnerOptions {
  std::string default_schema = "dbo";
  int64_t max_steps = 200'000'000;
  DateTime now;  // What GETDATE gives.
  // Finds the file that a BULK INSERT means; empty when there is none.
  std::function<std::filesystem::path(const Batch& batch, std::string_view written)> find_file;
};

class StatementRunner final : private EvaluationHost {
 public:
  // Borrows all but the options.
  StatementRunner(const catalog::Catalog& catalog, TableSet& tables, StatementRunnerOptions options,
                  diagnostics::DiagnosticSink& sink);

  // Runs a batch, as often as its GO says. Errors: only those of the row store, such as a full
  // disk; then nothing more can be run.
  absl::Status Run(const Batch& batch, tsql::Node root);
  // Reports what holds for all batches together.
  void Finish();

 private:
  enum class Flow { kNext, kBreak, kContinue, kReturn };

  // A routine's definition, parsed once.
  struct Module {
    std::string text;
    tsql::ParseResult parsed;
    tsql::Node statement;
    std::map<std::string, SqlValue>
        results;  // Of a function, by its arguments, while `version` is current.
    uint64_t version = 0;
  };
  struct ParsedExpression {
    std::string text;
    tsql::ParseResult parsed;
  };

  // EvaluationHost.
  absl::StatusOr<QueryResult> RunQuery(tsql::Node query, const Scope* scope,
                                       int64_t max_rows) override;
  absl::StatusOr<SqlValue> CallFunction(const std::vector<std::string>& name,
                                        const std::vector<SqlValue>& arguments) override;
  absl::StatusOr<QueryResult> RunTableFunction(const std::vector<std::string>& name,
                                               const std::vector<SqlValue>& arguments) override;
  absl::StatusOr<QueryResult> RunView(const std::string& schema, const std::string& name) override;
  absl::StatusOr<SqlValue> NextValue(const std::vector<std::string>& sequence) override;
  SqlValue NewId() override;
  bool HasObject(const std::string& name) override;
  catalog::DataType ResolveType(tsql::Node type, bool is_cast) override;
  absl::Status CountStep() override;

  // Control of flow. A status is an error of the row store or, inside a module, any failure.
  absl::StatusOr<Flow> Execute(tsql::Node statement);
  absl::StatusOr<Flow> ExecuteAll(const std::vector<tsql::Node>& statements);
  absl::StatusOr<Flow> If(tsql::Node statement);
  absl::StatusOr<Flow> While(tsql::Node statement);
  absl::StatusOr<Flow> Return(tsql::Node statement);
  // Runs what can fail; reports the failure, or passes it on inside a module.
  absl::Status Attempt(tsql::Node statement, const std::string& what, const std::string& table,
                       const absl::Status& status);

  // Variables and settings.
  absl::Status Declare(tsql::Node statement);
  absl::Status SetVariable(tsql::Node statement);
  absl::Status Assign(std::string_view name, std::string_view operation,
                      const absl::StatusOr<SqlValue>& value);
  absl::Status SelectStatement(tsql::Node statement);
  absl::Status SelectAssign(tsql::Node query);
  void SetOption(tsql::Node statement);
  absl::Status CreateTemporary(tsql::Node statement);

  // Rows.
  absl::Status Insert(tsql::Node statement);
  // A cell without a value is DEFAULT.
  using GivenRow = std::vector<std::optional<SqlValue>>;
  absl::StatusOr<std::vector<GivenRow>> GivenRows(tsql::Node source, const Scope* scope);
  absl::StatusOr<data::Row> PlaceValues(size_t table, const std::vector<size_t>& columns,
                                        GivenRow row);
  absl::Status InsertRows(size_t table, const std::vector<size_t>& columns,
                          std::vector<GivenRow> rows);
  absl::StatusOr<std::vector<size_t>> TargetColumns(size_t table, tsql::Node column_list);
  absl::StatusOr<SqlValue> DefaultOf(size_t table, size_t column);
  absl::StatusOr<data::Row> CompleteRow(size_t table, GivenRow values);
  absl::StatusOr<data::Cell> CellFor(size_t table, const catalog::Column& column,
                                     const SqlValue& value) const;
  absl::Status SelectInto(tsql::Node query, tsql::Node into);
  absl::Status Update(tsql::Node statement);
  absl::Status Delete(tsql::Node statement);
  absl::Status Truncate(tsql::Node statement);
  absl::Status Merge(tsql::Node statement);
  // The SET clauses of UPDATE and of MERGE, checked against the table.
  struct Assignment {
    size_t cell;
    std::string operation;
    tsql::Node value;
  };
  absl::StatusOr<std::vector<Assignment>> ReadAssignments(
      size_t table, const std::vector<tsql::Node>& set_clauses);
  // Changes `row`; `scope` has the values before.
  absl::Status ApplyAssignments(size_t table, const std::vector<Assignment>& assignments,
                                const Scope& scope, data::Row& row);
  absl::Status BulkInsert(tsql::Node statement);
  absl::Status ExecuteProcedure(tsql::Node statement);
  absl::Status RunProcedure(tsql::Node statement, const std::vector<std::string>& name);
  absl::Status ExecuteText(tsql::Node statement);
  absl::StatusOr<size_t> TargetTable(tsql::Node target);
  // The rows that an UPDATE or DELETE is about, each with the number of its row in the target.
  absl::StatusOr<Relation> TargetRows(tsql::Node statement, Relation::Base& base);
  absl::Status InStore(absl::Status status);  // Remembers a failure of the row store.

  Module* FindModule(const std::string& schema, const std::string& name);
  Module* ParseModule(const catalog::ObjectName& name, const std::string& definition);
  // Runs `action` with `variables` in place of the session's; they hold the values afterwards.
  template <typename Action>
  auto InModule(std::map<std::string, SqlValue>& variables, Action action);
  absl::StatusOr<std::map<std::string, SqlValue>> BindParameters(
      tsql::Node routine, const std::vector<SqlValue>& arguments);
  absl::StatusOr<QueryResult> RunModuleQuery(tsql::Node select,
                                             std::map<std::string, SqlValue> variables);
  void Report(diagnostics::DiagnosticId id, tsql::Node node, std::vector<std::string> arguments);
  std::string TargetName(tsql::Node statement) const;

  const catalog::Catalog& catalog_;
  catalog::CatalogIndex index_;
  TableSet& tables_;
  StatementRunnerOptions options_;
  diagnostics::DiagnosticSink& sink_;
  Session session_;
  std::unique_ptr<Evaluator> evaluator_;
  std::unique_ptr<QueryRunner> queries_;
  const Batch* batch_ = nullptr;
  std::optional<size_t> identity_insert_;
  std::map<std::string, std::unique_ptr<Module>> modules_;
  std::map<std::pair<size_t, size_t>, std::unique_ptr<ParsedExpression>> defaults_;
  std::map<std::string, int64_t> sequences_;  // Next values by folded name.
  std::mt19937_64
      random_;  // Seeded alike each time: reading the scripts again gives the same rows.
  uint64_t row_version_ = 0;
  int64_t steps_ = 0;
  int64_t statement_steps_ = 0;  // Of the statement that runs outside any module.
  bool out_of_steps_ = false;
  int module_depth_ = 0;
  SqlValue return_value_;
  absl::Status store_failure_;
};

}  // namespace datamigrate::source
