// Computes T-SQL expressions, as far as scripts that load data need them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent_engine/data/row_source.h"
#include "agent_engine/source/scripts/values/sql_value.h"
#include "agent_engine/tsql/ast/syntax_tree.h"

namespace datamigrate::source {

// A column that an expression can name. All names are folded (catalog::FoldName).
struct ScopeColumn {
  std::string qualifier;  // The alias, or the table's name.
  std::string schema;     // Of a table without an alias.
  std::string name;
  catalog::DataType type;
  bool is_missing = false;  // A computed column: its value is not kept.
};

// What the names in an expression mean: the columns of one row, or of a group of rows for
// aggregates, then the scope around it.
struct Scope {
  const std::vector<ScopeColumn>* columns = nullptr;
  const data::Row* row = nullptr;
  const std::vector<const data::Row*>* group = nullptr;
  const Scope* outer = nullptr;
};

struct QueryResult {
  std::vector<std::string> names;
  std::vector<std::vector<SqlValue>> rows;
};

// State of one batch that expressions read and change.
struct Session {
  std::map<std::string, SqlValue> variables;  // By folded name with its @.
  ConversionSettings settings;
  DateTime now;
  std::optional<SqlValue> last_identity;
  int64_t row_count = 0;
  std::map<std::string, std::string>
      unknown_variables;                     // By folded name: why their value is not known.
  std::set<std::string> run_time_functions;  // Called ones that give another value at each run.
};

// What an expression may ask of the statements around it.
class EvaluationHost {
 public:
  virtual ~EvaluationHost() = default;
  virtual absl::StatusOr<QueryResult> RunQuery(tsql::Node query, const Scope* scope,
                                               int64_t max_rows) = 0;
  virtual absl::StatusOr<SqlValue> CallFunction(const std::vector<std::string>& name,
                                                const std::vector<SqlValue>& arguments) = 0;
  // The rows of an inline table function, and of a view.
  virtual absl::StatusOr<QueryResult> RunTableFunction(const std::vector<std::string>& name,
                                                       const std::vector<SqlValue>& arguments) = 0;
  virtual absl::StatusOr<QueryResult> RunView(const std::string& schema,
                                              const std::string& name) = 0;
  virtual absl::StatusOr<SqlValue> NextValue(const std::vector<std::string>& sequence) = 0;
  virtual SqlValue NewId() = 0;
  // Whether the catalog has an object of this name: OBJECT_ID.
  virtual bool HasObject(const std::string& name) = 0;
  virtual catalog::DataType ResolveType(tsql::Node type, bool is_cast) = 0;
  // Counts work; kResourceExhausted when there was too much.
  virtual absl::Status CountStep() = 0;
};

// Errors of all methods: kUnimplemented for what is not evaluated here, naming it; kInvalidArgument
// where the server would refuse a value; kResourceExhausted: CountStep.
class Evaluator {
 public:
  Evaluator(Session& session, EvaluationHost& host) : session_(session), host_(host) {}

  absl::StatusOr<SqlValue> Evaluate(tsql::Node expression, const Scope* scope);
  // Three-valued: null is UNKNOWN.
  absl::StatusOr<std::optional<bool>> Test(tsql::Node condition, const Scope* scope);

  absl::StatusOr<SqlValue> ComputeBinary(const SqlValue& left, std::string_view operation,
                                         const SqlValue& right) const;
  Session& session() { return session_; }
  EvaluationHost& host() { return host_; }

 private:
  absl::StatusOr<SqlValue> Literal(tsql::Node node) const;
  absl::StatusOr<SqlValue> Column(tsql::Node node, const Scope* scope) const;
  absl::StatusOr<SqlValue> Variable(tsql::Node node) const;
  absl::StatusOr<SqlValue> Binary(tsql::Node node, const Scope* scope);
  absl::StatusOr<std::optional<bool>> TestLogical(tsql::Node node, const Scope* scope);
  absl::StatusOr<SqlValue> Unary(tsql::Node node, const Scope* scope);
  absl::StatusOr<SqlValue> Case(tsql::Node node, const Scope* scope);
  absl::StatusOr<SqlValue> Call(tsql::Node node, const Scope* scope);
  absl::StatusOr<SqlValue> Aggregate(tsql::Node node, const std::string& name, const Scope* scope);
  absl::StatusOr<SqlValue> Cast(tsql::Node node, const Scope* scope);
  absl::StatusOr<SqlValue> ScalarSubquery(tsql::Node node, const Scope* scope);
  absl::StatusOr<std::optional<bool>> TestIn(tsql::Node node, const Scope* scope);
  absl::StatusOr<std::optional<bool>> TestLike(tsql::Node node, const Scope* scope);
  absl::StatusOr<std::optional<bool>> TestBetween(tsql::Node node, const Scope* scope);
  absl::StatusOr<std::optional<bool>> TestComparison(tsql::Node node, const Scope* scope);

  Session& session_;
  EvaluationHost& host_;
  int depth_ = 0;
};

// Whether a function of this folded name aggregates rows: COUNT, SUM, MIN, MAX, AVG.
bool IsAggregate(const std::string& folded_name);
// Whether `node` holds an aggregate that is not in a sub-query.
bool HasAggregate(tsql::Node node);
// LIKE: % _ [a-z] [^a-z], case-insensitive, with an optional escape character.
bool MatchesLike(std::string_view text, std::string_view pattern, char escape);

}  // namespace datamigrate::source
