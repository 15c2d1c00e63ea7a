// The follower of a routine's statements, shared by its files. Only they include this.
#pragma once

#include <deque>
#include <functional>
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
#include "agent_engine/relational/routines/sequence_columns.h"
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
  enum class Flow : uint8_t { kGoesOn, kEnds, kBreaks, kContinues, kRefused };

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
  // A value, or a row of several, that each turn of a loop works out once.
  struct LookUp {
    std::vector<OutputField> fields;
    ExprPtr value;  // One field.
    QueryPtr row;   // At most one row, which sees the turn.
  };
  // An UPDATE whose turns may find the same row, before the INSERT for those that find none.
  struct Upsert {
    std::string table;   // Its state key; empty: there is none.
    std::string column;  // Folded; the row is found where it equals `value`.
    ExprPtr value;
    std::map<std::string, ExprPtr> sets;  // New values, by folded column.
  };
  // A loop that is being followed for all its turns at once: each is a row of a step.
  struct Turns {
    Turns* outer = nullptr;  // The loop around.
    size_t step = 0;
    std::string alias;
    int32_t range = 0;
    std::vector<OutputField> fields;  // Columns so far: of the loop around, its own, look-ups.
    std::vector<LookUp> look_ups;
    ExprPtr is_turn;               // Of the step's rows, those that are turns; null: all.
    std::vector<ExprPtr> path;     // Conditions of the IFs around.
    std::vector<std::string> key;  // Columns that together differ from turn to turn.
    // A cursor's own table: its key, and the columns that hold it. For WHERE CURRENT OF.
    std::vector<std::pair<std::string, OutputField>> current;
    std::set<std::string> finds;      // Variables that keep an old value where no row is found.
    std::vector<RelationRead> reads;  // Of its look-ups and conditions.
    std::set<std::string> inserted;   // State keys of tables that get rows,
    std::set<std::string> changed;    // of those that lose or change them,
    std::set<std::string> deleted;    // and of those that lose them.
    std::map<std::string, std::set<std::string>> sets;  // Columns that UPDATEs change, by table.
    // Tables of which each turn touches rows of its own only: those whose column is its key. Empty:
    // some statement touches others, too.
    std::map<std::string, std::string> own_columns;
    OutputField number{"", {}};   // Column of the rows' number, from 1; without a name: none.
    bool has_order = true;        // That number follows an order that was asked for.
    std::set<std::string> draws;  // Last numbers of sequences that it carries on.
    Upsert upsert;
    std::set<std::string> upserted;  // State keys of tables whose UPDATE and INSERT are one.
    size_t routine_depth = 0;
    bool may_break = false;     // WHILE; not a cursor.
    bool ends_routine = false;  // WHILE, and nothing follows it: RETURN is BREAK.
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
  bool SharesRandom() const;
  Flow RunList(const std::vector<Node>& statements, size_t first);
  Flow RunStatement(Node statement);
  Flow RunKind(Node statement);
  void NoteRowCount(Node statement);
  bool ReadsLost(Node statement);
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
  Flow RunGathering(Node statement, Node item);  // routine_gather.cc
  bool AllNull(const std::vector<Node>& items) const;
  Flow Assign(const std::string& name, ExprPtr value, Node at);
  ExprPtr Evaluate(Node expression);
  // The routine's variables and the server's that are known here, such as @@ROWCOUNT.
  Variables VisibleVariables() const;
  static Variables Copy(const Variables& variables);
  static ExprPtr ReadOne(const std::string& step, const OutputField& field);
  // A value that reads tables is worked out once, in a step.
  ExprPtr Freeze(ExprPtr value, const std::string& name);
  ExprPtr FreezeCondition(ExprPtr condition);

  // -- Numbers of sequences (routine_sequences.cc)
  static ExprPtr NothingDrawn(const catalog::Sequence& sequence);
  ExprPtr LastNumber(const catalog::Sequence& sequence, const std::string& name,
                     const std::vector<NumberColumn>& columns);
  bool PrepareDraws(Node node);
  bool BeginDraws(Node statement, std::vector<Node>& draws);
  bool EndDraws(Node statement, const std::vector<Node>& draws);
  static void MoveDraws(Variables& from, Variables& to);

  // -- Control (routine_control.cc)
  static constexpr char kGoesOn[] = "@@goes_on";  // A variable: 0 where a turn ends the loop.
  static constexpr size_t kMaxSplits = 12;        // IFs that a RETURN makes two whole paths of.
  Flow RunIf(Node statement);
  Flow RunExecute(Node statement);
  Flow RunProcedure(Node statement, const catalog::Routine& routine);
  Flow RunChoice(Node at, const Expr& condition, const std::function<Flow()>& then,
                 const std::function<Flow()>& otherwise);
  bool BindArguments(Node statement, const catalog::Routine& routine, Variables& bound,
                     std::vector<std::pair<std::string, std::string>>& outputs,
                     std::map<std::string, std::string>& tables,
                     const std::vector<Node>& statements);
  Fork TakeFork();
  void Restart(const Fork& fork);
  void MergeVariables(const Expr& condition, Variables then_variables, ExprPtr then_returned);
  // True where a result has rows on one of the paths only.
  bool Merge(const Expr& condition, Fork then, std::vector<QueryPtr> then_results);
  void FilterResults(const Expr& condition, size_t first, bool negated);
  Flow RunToEnd(const std::vector<Node>& branch, const std::vector<Frame>& rest);

  // -- Dynamic SQL (routine_text.cc)
  struct TextParameters {
    Variables values;
    absl::flat_hash_map<std::string, tsql::SqlType> types;
    std::vector<std::pair<std::string, std::string>> outputs;  // Parameter, variable.
  };
  Flow RunConstantSql(Node statement);
  bool BindText(Node statement, const std::vector<Node>& arguments, TextParameters& parameters);
  Flow RunTexts(const Expr& texts, const TextParameters& parameters, Node at);
  Flow RunText(const std::string& text, const TextParameters& parameters, Node at);

  // -- Loops (routine_loops.cc, routine_cursors.cc)
  Flow RunWhile(Node statement);
  Flow RunUnrolled(Node statement);
  bool IsUnrolled() const { return !unrolled_.empty() && unrolled_.back() == running_.size(); }
  Flow RunTurnEnd(Node statement);
  Flow RunTurns(Node statement, Node inner = {});
  Flow RunCursorWhile(Node statement);  // kBreaks: not a loop over a cursor.
  // The body once for each row of a query whose columns the variables get.
  Flow RunRowLoop(Node statement, QueryPtr query, const std::vector<std::string>& targets,
                  const std::vector<Node>& body);
  Flow LeaveTurns(const Turns& turns, const std::vector<std::string>& assigned,
                  const std::vector<std::string>& carried,
                  const std::vector<OutputField>& carried_fields, Variables before);
  void BeginTurns(Turns& turns);
  static void AddOuterColumns(const Turns& turns, size_t count, const Turns& from, Query& query);
  static void Rebase(Expr& expr, const Turns& from, const Turns& to);
  static bool EndsTurn(Node node);
  static bool ReadsTables(const Turns& turns);
  bool IsReadLater(const std::string& variable) const;
  void AddCurrentRow(Query& query) const;
  std::vector<std::string> KeyOfRows(const Query& query,
                                     const std::vector<std::string>& targets) const;

  // The turns of a loop with another one inside: one where either begins.
  Flow RunPlaces(Turns& turns, const std::vector<Node>& body, Node inner);
  static Node OnlyLoopOf(const std::vector<Node>& body);
  bool TurnsAreAlike(const Turns& turns, Node statement, const std::vector<Node>& body,
                     const std::vector<std::string>& assigned) const;
  bool FindsKnownValue(Node statement, const std::vector<Node>& body);
  Flow RunOnce(Node statement);

  // -- What goes on from row to row (routine_running.cc)
  static bool NumberRows(Query& query);
  bool NumbersNewRows(Node node) const;
  ExprPtr AmountOfTurn(const std::string& name, const std::vector<Node>& body,
                       const std::vector<std::string>& open);
  bool CarryOn(const std::string& name, const std::vector<Node>& body,
               const std::vector<std::string>& open, const Variables& before, Node at);

  // -- Loops that are one statement (routine_patterns.cc); kBreaks: none of them.
  Flow RunLoopPattern(Node statement);
  Flow RunBatches(Node statement, const std::vector<Node>& body);
  Flow RunQueue(Node statement, const std::vector<Node>& body);
  Flow RunLevels(Node statement, const std::vector<Node>& body);
  Flow RunTaking(Node statement, const std::vector<Node>& body);  // routine_queues.cc
  Node FindsRemoval(const std::vector<Node>& rest, const catalog::Table& table,
                    const std::vector<Node>& items, const Expr& condition);
  ExprPtr CountOfTurns(Node statement, const std::vector<Node>& body, Node& counter);

  // -- Statements of loops (routine_turns.cc)
  static ExprPtr TurnColumn(const Turns& turns, const OutputField& field);
  static std::string NameTurnColumn(const Turns& turns, const std::string& wish);
  static ExprPtr PathCondition(const Turns& turns);
  SourcePtr TurnSource(const Turns& turns) const;
  ExprPtr AddLookUp(ExprPtr value, const std::string& wish);
  std::vector<ExprPtr> AddRowLookUp(QueryPtr row, const std::string& wish);
  QueryPtr WithLookUps(const Turns& turns, QueryPtr base);
  Flow RunIfInTurns(Node statement, ExprPtr condition);
  Flow AssignInTurns(const std::vector<Node>& items, QueryPtr query, bool has_one_row);
  Flow RunWriteInTurns(Node statement);
  Flow InsertInTurns(Node statement);
  Flow ChangeInTurns(Node statement);
  Flow StoreTurnWrite(LoweredWrite write, Node statement);
  void NoteReads(Query& query) const;
  void NoteReads(Expr& expr) const;
  void NoteReads(Query& query, const ColumnsByRange& columns) const;
  void NoteReads(Expr& expr, const ColumnsByRange& columns) const;
  void NoteRead(RelationRead read, const std::string& own_column) const;
  bool SeesChange(const Turns& turns, const RelationRead& read) const;
  static void NoteTouch(Turns& turns, const std::string& table, const std::string& own_column);
  std::string OwnColumn(const Expr& condition, int32_t range) const;
  bool IsTurnKey(const Expr& expr) const;
  bool TracesToKey(const Query& query, size_t item) const;
  bool LoopIsSet(const Turns& turns, Node statement);
  bool InsertFollows() const;  // routine_upserts.cc, and the next two
  bool CompletesUpsert(const InsertedRows& inserted) const;
  void KeepLastOfKey(Query& rows);

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
  ExprPtr row_count_;                 // @@ROWCOUNT; null where not known.
  QueryPtr identity_;                 // The number that the last INSERT drew; null where not known.
  std::optional<diagnostics::SourceSpan> call_span_;  // While another routine's text is followed.
  catalog::Catalog own_;                              // Temporary tables and table variables.
  std::unique_ptr<catalog::CatalogIndex> index_;
  std::deque<std::string> texts_;
  std::vector<std::unique_ptr<tsql::ParseResult>> parsed_;
  Turns* turns_ = nullptr;      // Of the innermost loop that is followed as a set.
  std::set<std::string> lost_;  // Variables whose value a loop has left open.
  std::map<std::string, const catalog::Sequence*> draws_;  // By LastNumberVariable().
  std::set<std::string> lost_draws_;                       // Of those, with an unknown last number.
  std::set<std::string> outputs_;   // Parameters whose last value somebody takes.
  int32_t next_range_ = 1'000'000;  // Beyond those of one lowering.
  std::vector<size_t> unrolled_;    // Loops that are followed turn by turn: depths of routines.
  size_t splits_ = 0;
  bool carries_through_ = false;  // A loop was refused that one inside it carries on.
  bool ends_at_once_ = false;     // A loop was refused whose turns are all alike.
  int64_t row_limit_ = 0;         // SET ROWCOUNT.
  bool is_function_ = false;
  tsql::SqlType returns_;
};

}  // namespace datamigrate::relational
