// Statements inside a loop, followed for all its turns at once: each turn is a row, values that it
// looks up are further columns, and what its writes add, change or delete is one statement over
// those rows. That is right while no turn reads what another one wrote; LoopIsSet() sees to it.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {
namespace {

ExprPtr And(ExprPtr left, ExprPtr right) {
  if (!left) return right;
  if (!right) return left;
  return MakeLogical(ExprKind::kAnd, std::move(left), std::move(right));
}

SourcePtr Derived(QueryPtr query, std::string alias, int32_t range) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->alias = std::move(alias);
  source->query = std::move(query);
  source->range = range;
  return source;
}

SourcePtr Join(JoinKind kind, SourcePtr left, SourcePtr right) {
  auto join = std::make_unique<Source>();
  join->kind = SourceKind::kJoin;
  join->join = kind;
  join->left = std::move(left);
  join->right = std::move(right);
  return join;
}

}  // namespace

// -- Columns

ExprPtr RoutineRunner::TurnColumn(const Turns& turns, const OutputField& field) {
  auto column = MakeExpr(ExprKind::kColumn, field.type);
  column->text = field.name;
  column->qualifier = turns.alias;
  column->range = turns.range;
  return column;
}

std::string RoutineRunner::NameTurnColumn(const Turns& turns, const std::string& wish) {
  std::string base = wish;
  while (base.starts_with('@')) base.erase(0, 1);
  base = FoldName(base.empty() ? "value" : base);
  std::string name = base;
  const auto is_taken = [&](const std::string& candidate) {
    return std::ranges::find(turns.fields, candidate, &OutputField::name) != turns.fields.end();
  };
  for (int i = 2; is_taken(name); ++i) name = base + "_" + std::to_string(i);
  return name;
}

ExprPtr RoutineRunner::PathCondition(const Turns& turns) {
  ExprPtr condition = turns.is_turn ? Clone(*turns.is_turn) : nullptr;
  for (const ExprPtr& part : turns.path) condition = And(std::move(condition), Clone(*part));
  return condition;
}

SourcePtr RoutineRunner::TurnSource(const Turns& turns) const {
  SourcePtr source = StepSource(steps_.NameOf(turns.step));
  source->alias = turns.alias;
  source->range = turns.range;
  return source;
}

// A value of each turn becomes a column, so that it is worked out once.
ExprPtr RoutineRunner::AddLookUp(ExprPtr value, const std::string& wish) {
  Turns& turns = *turns_;
  if (ExprPtr path = PathCondition(turns)) {
    SqlType type = value->type;
    type.nullable = true;
    auto guarded = MakeExpr(ExprKind::kCase, type);
    guarded->arguments = ExprList(std::move(path), std::move(value));
    value = std::move(guarded);
  }
  OutputField field{NameTurnColumn(turns, wish), value->type};
  LookUp look_up;
  look_up.fields.push_back(field);
  look_up.value = std::move(value);
  turns.look_ups.push_back(std::move(look_up));
  turns.fields.push_back(field);
  return TurnColumn(turns, field);
}

// The columns of the one row of a query that sees the turn; a turn without such a row has NULLs.
std::vector<ExprPtr> RoutineRunner::AddRowLookUp(QueryPtr row, const std::string& wish) {
  Turns& turns = *turns_;
  if (turns.is_turn || !turns.path.empty()) {
    auto source = Derived(std::move(row), "found_row", next_range_++);
    const std::vector<OutputField> fields = source->query->fields;
    const int32_t range = source->range;
    row = SelectFrom(std::move(source), fields);
    for (SelectItem& item : row->items) item.expr->range = range;
    row->where = PathCondition(turns);
  }
  LookUp look_up;
  std::vector<ExprPtr> columns;
  for (const OutputField& given : row->fields) {
    OutputField field{NameTurnColumn(turns, given.name.empty() ? wish : given.name), given.type};
    field.type.nullable = true;
    look_up.fields.push_back(field);
    turns.fields.push_back(field);
    columns.push_back(TurnColumn(turns, field));
  }
  look_up.row = std::move(row);
  turns.look_ups.push_back(std::move(look_up));
  return columns;
}

// The rows of `base`, whose columns are the first of the turns' fields, with the look-ups beside.
QueryPtr RoutineRunner::WithLookUps(const Turns& turns, QueryPtr base) {
  size_t count = base->fields.size();
  for (const LookUp& look_up : turns.look_ups) {
    SourcePtr source = Derived(std::move(base), turns.alias, turns.range);
    auto query = std::make_unique<Query>();
    const auto add = [&](ExprPtr expr, const OutputField& field) {
      query->fields.push_back(field);
      query->items.push_back({std::move(expr), field.name});
    };
    for (size_t i = 0; i < count; ++i) add(TurnColumn(turns, turns.fields[i]), turns.fields[i]);
    if (look_up.value) {
      add(Clone(*look_up.value), look_up.fields[0]);
    } else {
      const int32_t range = next_range_++;
      SourcePtr right = Derived(Clone(*look_up.row), "found", range);
      right->lateral = true;
      for (size_t i = 0; i < look_up.fields.size(); ++i) {
        auto column = MakeExpr(ExprKind::kColumn, look_up.fields[i].type);
        column->text = look_up.row->fields[i].name;
        column->qualifier = right->alias;
        column->range = range;
        add(std::move(column), look_up.fields[i]);
      }
      source = Join(JoinKind::kLeft, std::move(source), std::move(right));
    }
    query->from = std::move(source);
    count += look_up.fields.size();
    base = std::move(query);
  }
  return base;
}

// -- IF

// Both branches see the same tables: what they write is kept to the turns that take them.
RoutineRunner::Flow RoutineRunner::RunIfInTurns(Node statement, ExprPtr condition) {
  const Node then = statement.Child(Role::kThen);
  const Node otherwise = statement.Child(Role::kElse);
  const bool may_end = EndsTurn(then) || (otherwise && EndsTurn(otherwise));
  if (may_end && ++splits_ > kMaxSplits) return Refuse(statement, "too many ways to its end");
  const std::vector<Frame> rest = frames_;
  Variables before = Copy(state_.variables);
  ExprPtr returned = state_.returned ? Clone(*state_.returned) : nullptr;
  const auto run = [&](const std::vector<Node>& branch, ExprPtr taken) {
    turns_->path.push_back(std::move(taken));
    const Flow flow = may_end ? RunToEnd(branch, rest) : RunList(branch, 0);
    turns_->path.pop_back();
    return flow;
  };
  const std::vector<Node> then_list = StatementsOf(then);
  const std::vector<Node> else_list = StatementsOf(otherwise);
  if (run(then_list, Clone(*condition)) == Flow::kRefused) return Flow::kRefused;
  Variables after_then = std::exchange(state_.variables, std::move(before));
  ExprPtr returned_then = std::exchange(state_.returned, std::move(returned));
  if (run(else_list, UnlessTrue(Clone(*condition))) == Flow::kRefused) return Flow::kRefused;
  MergeVariables(*condition, std::move(after_then), std::move(returned_then));
  row_count_ = nullptr;
  identity_ = nullptr;
  return may_end ? Flow::kEnds : Flow::kGoesOn;
}

// -- Writes

// A column that differs from turn to turn, and is alone in that.
bool RoutineRunner::IsTurnKey(const Expr& expr) const {
  const Expr* bare = &expr;
  while (bare->kind == ExprKind::kCast && bare->implicit) bare = bare->arguments[0].get();
  return turns_->key.size() == 1 && bare->kind == ExprKind::kColumn &&
         bare->range == turns_->range && FoldName(bare->text) == turns_->key[0];
}

// The column of a range variable that the condition sets equal to the turn's key; empty: none.
std::string RoutineRunner::OwnColumn(const Expr& condition, int32_t range) const {
  if (condition.kind == ExprKind::kAnd) {
    for (const ExprPtr& part : condition.arguments) {
      if (std::string column = OwnColumn(*part, range); !column.empty()) return column;
    }
  }
  if (condition.kind != ExprKind::kCompare || condition.text != "=") return "";
  for (const size_t side : {size_t{0}, size_t{1}}) {
    const Expr& column = *condition.arguments[side];
    if (column.kind == ExprKind::kColumn && column.range == range &&
        IsTurnKey(*condition.arguments[1 - side])) {
      return FoldName(column.text);
    }
  }
  return "";
}

void RoutineRunner::NoteTouch(Turns& turns, const std::string& table,
                              const std::string& own_column) {
  const auto [known, is_first] = turns.own_columns.emplace(table, own_column);
  if (!is_first && known->second != own_column) known->second.clear();
}

void RoutineRunner::NoteRead(RelationRead read, const std::string& own_column) const {
  const std::string key = StateKey(read.relation);
  for (Turns* turns = turns_; turns != nullptr; turns = turns->outer) {
    // What the turn itself wrote before is not there for a column of the turn.
    const bool is_written = turns->inserted.contains(key) || turns->changed.contains(key);
    const bool is_own = turns == turns_ && !is_written && !own_column.empty();
    turns->reads.push_back(read);
    NoteTouch(*turns, key, is_own ? own_column : "");
  }
}

void RoutineRunner::NoteReads(Query& query) const {
  ColumnsByRange columns;
  ForEachPart(
      query, [](Source&) {},
      [&](Expr& part) {
        if (part.kind == ExprKind::kColumn) columns[part.range].insert(FoldName(part.text));
      });
  NoteReads(query, columns);
}

void RoutineRunner::NoteReads(Expr& expr) const {
  ColumnsByRange columns;
  ForEachPart(
      expr, [](Source&) {},
      [&](Expr& part) {
        if (part.kind == ExprKind::kColumn) columns[part.range].insert(FoldName(part.text));
      });
  NoteReads(expr, columns);
}

void RoutineRunner::NoteReads(Query& query, const ColumnsByRange& columns) const {
  const std::function<void(Source*)> visit = [&](Source* source) {
    if (source == nullptr) return;
    visit(source->left.get());
    visit(source->right.get());
    if (source->kind != SourceKind::kRelation) return;
    NoteRead({source->relation, ColumnsOf(*source, columns)},
             query.where ? OwnColumn(*query.where, source->range) : "");
  };
  visit(query.from.get());
  ForEachQuery(query, [&](Query& below) { NoteReads(below, columns); });
  ForEachExpr(query, [&](ExprPtr& expr) { NoteReads(*expr, columns); });
}

void RoutineRunner::NoteReads(Expr& expr, const ColumnsByRange& columns) const {
  if (expr.query) NoteReads(*expr.query, columns);
  ForEachChild(expr, [&](ExprPtr& child) { NoteReads(*child, columns); });
}

// Whether an item of the query is the turn's key, through derived tables.
bool RoutineRunner::TracesToKey(const Query& query, size_t item) const {
  if (query.kind != QueryKind::kSelect || item >= query.items.size()) return false;
  const Expr* expr = query.items[item].expr.get();
  while (expr->kind == ExprKind::kCast && expr->implicit) expr = expr->arguments[0].get();
  if (IsTurnKey(*expr)) return true;
  const std::function<const Source*(const Source*)> find = [&](const Source* source) {
    if (source == nullptr || source->range == expr->range) return source;
    const Source* left = find(source->left.get());
    return left != nullptr ? left : find(source->right.get());
  };
  const Source* source = expr->kind == ExprKind::kColumn ? find(query.from.get()) : nullptr;
  if (source == nullptr || source->kind != SourceKind::kDerived || source->query == nullptr)
    return false;
  const Query& below = *source->query;
  for (size_t i = 0; i < below.fields.size(); ++i) {
    const std::string& name =
        i < source->column_names.size() ? source->column_names[i] : below.fields[i].name;
    if (FoldName(name) == FoldName(expr->text)) return TracesToKey(below, i);
  }
  return false;
}

RoutineRunner::Flow RoutineRunner::RunWriteInTurns(Node statement) {
  if (statement.Has(Role::kOutput)) return Refuse(statement, "a write with OUTPUT inside a loop");
  switch (statement.kind()) {
    case NodeKind::kInsertStatement:
      return InsertInTurns(statement);
    case NodeKind::kUpdateStatement:
    case NodeKind::kDeleteStatement:
      return ChangeInTurns(statement);
    default:
      return Refuse(statement, Described(statement) + " inside a loop");
  }
}

RoutineRunner::Flow RoutineRunner::InsertInTurns(Node statement) {
  InsertedRows inserted =
      LowerInsertedRows(Index(), statement, VisibleVariables(), options_, *sink_);
  if (inserted.table == nullptr || sink_->HasErrors()) return Flow::kRefused;
  QueryPtr rows = std::move(inserted.rows);
  Settle(*rows);
  std::string own_column;
  for (size_t i = 0; i < inserted.columns.size() && own_column.empty(); ++i) {
    if (TracesToKey(*rows, i)) own_column = FoldName(inserted.columns[i]);
  }
  const std::string key = StateKey(inserted.table->name);
  const bool is_plain =
      rows->kind == QueryKind::kSelect && !rows->from && !rows->where && rows->ctes.empty();
  inserted.rows = std::move(rows);
  const bool completes = is_plain && turns_->upsert.table == key && CompletesUpsert(inserted);
  rows = std::move(inserted.rows);
  turns_->upsert.table.clear();
  turns_->upserted.erase(key);
  if (completes) {
    KeepLastOfKey(*rows);
    turns_->upserted.insert(key);
  } else if (is_plain) {
    rows->from = TurnSource(*turns_);
    rows->where = PathCondition(*turns_);
  } else {
    const std::vector<OutputField> fields = rows->fields;
    const int32_t range = next_range_++;
    SourcePtr added = Derived(std::move(rows), "added_rows", range);
    added->lateral = true;
    for (size_t i = 0; i < fields.size(); ++i)
      added->column_names.push_back(i < inserted.columns.size() ? inserted.columns[i]
                                                                : fields[i].name);
    auto query = std::make_unique<Query>();
    for (size_t i = 0; i < fields.size(); ++i) {
      auto column = MakeExpr(ExprKind::kColumn, fields[i].type);
      column->text = added->column_names[i];
      column->qualifier = added->alias;
      column->range = range;
      query->fields.push_back({column->text, column->type});
      query->items.push_back({std::move(column), added->column_names[i]});
    }
    query->from = Join(JoinKind::kCross, TurnSource(*turns_), std::move(added));
    query->where = PathCondition(*turns_);
    rows = std::move(query);
  }
  // New rows are numbered as the turns come.
  if (!completes && !turns_->number.name.empty() && turns_->outer == nullptr)
    rows->order_by.push_back({TurnColumn(*turns_, turns_->number), false});
  LoweredWrite write = LowerAddedRows(Index(), *inserted.table, inserted.columns, std::move(rows),
                                      statement, options_, *sink_);
  if (write.table == nullptr || sink_->HasErrors()) return Flow::kRefused;
  for (Turns* turns = turns_; turns != nullptr; turns = turns->outer) {
    NoteTouch(*turns, key, turns == turns_ ? own_column : "");
    turns->inserted.insert(key);
  }
  return StoreTurnWrite(std::move(write), statement);
}

RoutineRunner::Flow RoutineRunner::ChangeInTurns(Node statement) {
  EachRow each;
  each.source = TurnSource(*turns_);
  each.condition = PathCondition(*turns_);
  each.key = turns_->key;
  if (statement.Has(Role::kCurrentOf)) {
    for (const auto& [column, field] : turns_->current)
      each.current.emplace_back(column, TurnColumn(*turns_, field));
    each.key.clear();
    for (const auto& [column, field] : turns_->current) each.key.push_back(FoldName(field.name));
  }
  if (!turns_->number.name.empty() && turns_->has_order && turns_->outer == nullptr)
    each.order = TurnColumn(*turns_, turns_->number);
  LoweredWrite write = LowerWrite(Index(), statement, VisibleVariables(), options_, *sink_, &each);
  if (write.table == nullptr || sink_->HasErrors()) return Flow::kRefused;
  // IF @@ROWCOUNT = 0 after it: how many rows this turn finds, before it changes them.
  ExprPtr count;
  const bool is_counted = each.count && !frames_.empty() &&
                          frames_.back().next < frames_.back().statements->size() &&
                          Mentions((*frames_.back().statements)[frames_.back().next], "@@rowcount");
  const std::string key = StateKey(write.table->name);
  const bool is_upsert = is_counted && InsertFollows() && !each.finds_own_rows &&
                         !each.builds_on_sets && each.found_by.second &&
                         !turns_->inserted.contains(key) && !turns_->changed.contains(key);
  if (is_upsert) {
    turns_->upsert = {key, each.found_by.first, std::move(each.found_by.second), {}};
    for (auto& [column, value] : each.sets) turns_->upsert.sets[column] = Clone(*value);
  }
  if (is_counted) {
    // That it reads the table is what CompletesUpsert() is about.
    Turns* const turns = is_upsert ? std::exchange(turns_, nullptr) : turns_;
    Settle(*each.count);
    turns_ = turns;
    auto value = MakeExpr(ExprKind::kSubquery, each.count->fields[0].type);
    value->query = std::move(each.count);
    count = AddLookUp(std::move(value), "row_count");
  }
  for (Turns* turns = turns_; turns != nullptr; turns = turns->outer) {
    turns->reads.insert(turns->reads.end(), each.reads.begin(), each.reads.end());
    const bool again = !turns->changed.insert(key).second;
    const bool is_own = turns == turns_ && each.finds_own_rows;
    for (const RelationRead& read : each.reads) NoteTouch(*turns, StateKey(read.relation), "");
    NoteTouch(*turns, key, is_own ? each.own_column : "");
    if (statement.Is(NodeKind::kDeleteStatement)) turns->deleted.insert(key);
    for (const auto& [column, value] : each.sets) turns->sets[key].insert(column);
    // Rows that several turns change: the last one would decide, or build on the others.
    if (!is_own && ((each.builds_on_sets && !each.adds_up) || again)) {
      return Refuse(statement, "a loop whose writes build on what earlier turns wrote",
                    "find the row by a column that differs from turn to turn");
    }
  }
  const Flow flow = StoreTurnWrite(std::move(write), statement);
  row_count_ = std::move(count);
  return flow;
}

// SELECT @a = x ... FROM: further columns of each turn.
RoutineRunner::Flow RoutineRunner::AssignInTurns(const std::vector<Node>& items, QueryPtr query,
                                                 bool has_one_row) {
  Settle(*query);
  const std::vector<OutputField> fields = query->fields;
  std::vector<ExprPtr> found;
  ExprPtr is_found;
  if (has_one_row) {
    for (size_t i = 0; i < fields.size(); ++i) {
      auto value = MakeExpr(ExprKind::kSubquery, fields[i].type);
      value->type.nullable = true;
      value->query = Clone(*query);
      SelectItem item = std::move(value->query->items[i]);
      value->query->items.clear();
      value->query->items.push_back(std::move(item));
      value->query->fields = {fields[i]};
      found.push_back(AddLookUp(std::move(value), fields[i].name));
    }
  } else {
    query->fields.push_back({"is_found", tsql::MakeType(TypeId::kInt, false)});
    query->items.push_back({MakeInteger(1), "is_found"});
    found = AddRowLookUp(std::move(query), "value");
    is_found = MakeCompare("=", std::move(found.back()), MakeInteger(1));
    found.pop_back();
  }
  for (size_t i = 0; i < items.size() && i < found.size(); ++i) {
    const std::string name = FoldName(items[i].TokenText(Role::kTarget));
    const auto type = types_.find(name);
    if (type == types_.end()) {
      sink_->Report({DiagnosticId::kUndeclaredVariable, items[i].span(), {name}, "", "", "", {}});
      return Flow::kRefused;
    }
    const auto old = state_.variables.find(name);
    const std::string op = JoinedTokens(items[i], Role::kOperator, "");
    ExprPtr value = std::move(found[i]);
    if (op != "=") {
      if (old == state_.variables.end())
        return Refuse(items[i], "an assignment to an unknown value");
      value = Combine(op.substr(0, op.size() - 1), Clone(*old->second), std::move(value), items[i],
                      options_, *sink_);
    }
    value = ConvertTo(std::move(value), type->second, *sink_);
    const bool keeps =
        is_found && old != state_.variables.end() && old->second->kind != ExprKind::kNull;
    if (keeps) value = ChooseValue(*is_found, std::move(value), Clone(*old->second));
    if (is_found && turns_->finds.contains(name))
      Note(DiagnosticId::kNotFoundIsNull, items[i], {name});
    state_.variables[name] = std::move(value);
    lost_.erase(name);
  }
  return sink_->HasErrors() ? Flow::kRefused : Flow::kGoesOn;
}

RoutineRunner::Flow RoutineRunner::StoreTurnWrite(LoweredWrite write, Node statement) {
  const catalog::ObjectName name = write.table->name;
  if (!IsTemporary(name)) {
    NoteTriggers(*write.table, statement);
    if (std::ranges::find(written_, name) == written_.end())
      Note(DiagnosticId::kTableBecomesModel, statement, {name.ToString()});
  }
  row_count_ = nullptr;
  identity_ = nullptr;
  const auto state = state_.tables.find(StateKey(name));
  const bool was_empty = state != state_.tables.end() && state->second.is_empty;
  QueryPtr after = was_empty && write.added ? std::move(write.added) : std::move(write.after);
  Reader().Apply(*after);
  PutState(name, std::move(after));
  return Flow::kGoesOn;
}

// A loop is a set when no turn sees what another one, or an earlier statement of a turn, wrote.
bool RoutineRunner::LoopIsSet(const Turns& turns, Node statement) {
  const auto is_own = [&](const std::string& key) {
    const auto column = turns.own_columns.find(key);
    return column != turns.own_columns.end() && !column->second.empty();
  };
  for (const std::string& key : turns.changed) {
    if (!turns.inserted.contains(key) || is_own(key) || turns.upserted.contains(key)) continue;
    Refuse(statement, "a loop that adds rows to a table and changes it, too");
    return false;
  }
  TableStates written;
  for (const std::string& key : turns.inserted) written[key] = {};
  for (const std::string& key : turns.changed) written[key] = {};
  for (const RelationRead& read : turns.reads) {
    const catalog::ObjectName& name = read.relation;
    const catalog::View* view = outer_.FindView(name.schema, name.name);
    const bool is_read = written.contains(StateKey(name)) && !is_own(StateKey(name));
    const bool is_seen =
        is_read ? SeesChange(turns, read) : view != nullptr && ReadsWritten(*view, written, 0);
    if (!is_seen) continue;
    Refuse(statement, "a loop that reads what it writes");
    return false;
  }
  return true;
}

// Whether what a loop writes to a table can be seen in the columns that are read: rows that only
// change elsewhere are the same ones.
bool RoutineRunner::SeesChange(const Turns& turns, const RelationRead& read) const {
  const std::string key = StateKey(read.relation);
  const catalog::Table* table = Index().FindTable(read.relation.schema, read.relation.name);
  const auto sets = turns.sets.find(key);
  if (table == nullptr || turns.inserted.contains(key) || turns.deleted.contains(key) ||
      sets == turns.sets.end()) {
    return true;
  }
  return std::ranges::any_of(read.columns, [&](const std::string& name) {
    const catalog::Column* column = table->FindColumn(name);
    return column == nullptr || !column->computed_expression.empty() || sets->second.contains(name);
  });
}

}  // namespace datamigrate::relational
