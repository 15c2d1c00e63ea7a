// The follower of a routine's statements, shared by its files. Only they include this.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent_engine/relational/lowering/lower_write.h"
#include "agent_engine/relational/routines/routine_effects.h"
#include "agent_engine/relational/routines/table_states.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::relational {

using catalog::FoldName;
using diagnostics::DiagnosticId;
using diagnostics::DiagnosticSink;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

class RoutineRunner {
 public:
  RoutineRunner(const catalog::CatalogIndex& catalog, const LoweringOptions& options,
                DiagnosticSink& sink)
      : outer_(catalog), options_(options), sink_(&sink) {
    options_.known_call = [this](const std::string& function, const std::vector<Node>& arguments) {
      return KnownCall(function, arguments);
    };
  }

  RoutineEffects Run(const catalog::Routine& routine, Node create, Variables parameters);

 private:
  enum class Flow : uint8_t { kGoesOn, kEnds, kRefused };

  // What changes from statement to statement; copied where a path splits.
  struct State {
    Variables variables;
    TableStates tables;
    ExprPtr returned;  // Of RETURN with a value.
  };
  struct Frame {  // A list of statements that is being followed, and where it goes on.
    const std::vector<Node>* statements;
    size_t next;
  };
  struct Cursor {
    Node query;
    std::vector<std::string> targets;  // Folded variables of the first FETCH.
  };
  struct Fork {  // The part of the state that a path starts from.
    Variables variables;
    TableStates tables;
    ExprPtr returned;
    size_t first_result;
  };

  // -- Reports
  Flow Refuse(Node node, std::string what, std::string hint = "");
  void Note(DiagnosticId id, Node node, std::vector<std::string> arguments = {});
  Flow Drop(Node node, std::string what = "");
  static std::string Described(Node node);
  static std::string FirstWords(Node node, size_t count);

  // -- Statements (routine_runner.cc)
  Flow RunList(const std::vector<Node>& statements, size_t first);
  Flow RunStatement(Node statement);
  Flow RunOption(Node statement);
  Flow RunRowCount(Node statement);
  Flow RunCommand(Node statement);
  Flow RunReturn(Node statement);
  Flow RunSelect(Node statement);
  Flow RunSelectInto(Node statement, Node into);
  Flow RunWrite(Node statement);
  Flow RunInsertExecute(Node statement);
  Flow StoreWrite(LoweredWrite write, Node statement);
  void NoteTriggers(const catalog::Table& table, Node statement);

  // -- Variables (routine_variables.cc)
  Flow RunDeclare(Node statement);
  Flow RunSet(Node statement);
  Flow RunSelectAssignment(Node statement, Node body);
  Flow Assign(const std::string& name, ExprPtr value, Node at);
  ExprPtr Evaluate(Node expression);
  // The routine's variables and the server's that are known here, such as @@ROWCOUNT.
  Variables VisibleVariables() const;
  static Variables Copy(const Variables& variables);
  // A value that reads tables is worked out once, in a step.
  ExprPtr Freeze(ExprPtr value, const std::string& name);
  ExprPtr FreezeCondition(ExprPtr condition);

  // -- Control (routine_control.cc)
  Flow RunIf(Node statement);
  Flow RunWhile(Node statement);
  Flow RunCursorLoop(Node statement, Cursor& cursor, const std::vector<Node>& body);
  Flow RunLoopInsert(Node insert, const std::string& alias, const Query& rows,
                     const TableStates& before);
  Flow RunExecute(Node statement);
  Flow RunProcedure(Node statement, const catalog::Routine& routine);
  Flow RunText(const std::string& text, Node at);
  Flow RunConstantSql(Node statement);
  bool BindArguments(Node statement, const catalog::Routine& routine, Variables& bound,
                     std::vector<std::pair<std::string, std::string>>& outputs,
                     std::map<std::string, std::string>& tables);
  Fork TakeFork();
  void Restart(const Fork& fork);
  // True where a result has rows on one of the paths only.
  bool Merge(const Expr& condition, Fork then, std::vector<QueryPtr> then_results);
  void FilterResults(const Expr& condition, size_t first, bool negated);
  Flow RunToEnd(const std::vector<Node>& branch, const std::vector<Frame>& rest);

  // -- Tables (routine_tables.cc)
  struct HiddenTables {
    std::vector<catalog::Table> tables;
    TableStates states;
  };
  Flow RunCreateTable(Node statement);
  Flow RunDrop(Node statement);
  Flow RunAlterTable(Node statement);
  static catalog::ObjectName TableNameOf(Node name);
  bool TableExists(const catalog::ObjectName& name) const;
  void NoteCreated(const catalog::ObjectName& name, Node at);
  void DeclareTable(const catalog::ObjectName& name, const std::vector<Node>& elements);
  void AddTable(catalog::Table table);
  void AddInput(const catalog::Parameter& parameter, const catalog::UserType& type,
                const std::string& variable);
  // The table type of a table-valued parameter; null for others.
  const catalog::UserType* TableTypeOf(const catalog::Parameter& parameter) const;
  HiddenTables HideTableVariables();
  void RestoreTableVariables(HiddenTables hidden);
  ExprPtr KnownCall(const std::string& function, const std::vector<Node>& arguments);
  ExprPtr ObjectId(Node argument);
  void NoteIdentity(const catalog::Table& table);
  const catalog::CatalogIndex& Index() const { return index_ ? *index_ : outer_; }
  StateReader Reader() const;
  QueryPtr ReadState(const catalog::ObjectName& table, const TableStates& states) const;
  QueryPtr ExpandView(const catalog::ObjectName& name, const TableStates& states) const;
  bool ReadsWritten(const catalog::View& view, const TableStates& states, int depth) const;
  bool IsTemporary(const catalog::ObjectName& name) const;
  void PutState(const catalog::ObjectName& table, QueryPtr after);
  void AddResult(QueryPtr query);
  void ReserveNames(const tsql::SyntaxTree& tree);
  const tsql::ParseResult* Parse(std::string text);
  template <typename Part>
  void Settle(Part& part) const;

  const catalog::CatalogIndex& outer_;
  LoweringOptions options_;
  DiagnosticSink* sink_;
  State state_;
  Steps steps_;
  RoutineEffects effects_;
  std::vector<catalog::ObjectName> written_;
  std::vector<std::string> created_;  // State keys of permanent tables that the routine creates.
  absl::flat_hash_map<std::string, tsql::SqlType> types_;
  std::map<std::string, Cursor> cursors_;
  std::vector<Frame> frames_;
  std::vector<std::string> running_;  // Routines being followed, to stop recursion.
  QueryPtr row_count_;                // Of the last write; null where not known.
  QueryPtr identity_;                 // The number that the last INSERT drew; null where not known.
  std::optional<diagnostics::SourceSpan> call_span_;  // While another routine's text is followed.
  catalog::Catalog own_;  // Temporary tables and table variables.
  std::unique_ptr<catalog::CatalogIndex> index_;
  std::deque<std::string> texts_;
  std::vector<std::unique_ptr<tsql::ParseResult>> parsed_;
  size_t splits_ = 0;
  int64_t row_limit_ = 0;  // SET ROWCOUNT.
  bool is_function_ = false;
  tsql::SqlType returns_;
};

}  // namespace datamigrate::relational
