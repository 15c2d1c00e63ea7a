// Loops over cursors, and over the rows of a query: each row is a turn.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {
namespace {

// Tests of @@FETCH_STATUS that hold while there are rows, and those that hold when there are none.
bool TestsFetch(Node condition, bool has_row) {
  const std::string text = PlainText(condition);
  if (has_row)
    return text == "@@fetch_status=0" || text == "@@fetch_status<>-1" ||
           text == "@@fetch_status!=-1" || text == "0=@@fetch_status" ||
           text == "@@fetch_status>-1" || text == "@@fetch_status>=0";
  return text == "@@fetch_status<>0" || text == "@@fetch_status!=0" ||
         text == "@@fetch_status=-1" || text == "@@fetch_status<0";
}

bool UsesCurrent(Node node) {
  return node.Has(Role::kCurrentOf) || std::ranges::any_of(node.Children(), UsesCurrent);
}

bool HoldsUpdate(Node node) {
  return node.Is(NodeKind::kUpdateStatement) || std::ranges::any_of(node.Children(), HoldsUpdate);
}

void AddItem(Query& query, ExprPtr expr, const OutputField& field) {
  query.fields.push_back(field);
  query.items.push_back({std::move(expr), field.name});
}

}  // namespace

// Loops that FETCH; kBreaks where the loop is none.
RoutineRunner::Flow RoutineRunner::RunCursorWhile(Node statement) {
  std::vector<Node> body = StatementsOf(statement.Child(Role::kBody));
  std::erase_if(body, [](Node node) { return node.Is(NodeKind::kEmptyStatement); });
  Node fetch;
  const bool fetches_last = TestsFetch(statement.Child(Role::kCondition), true);
  if (fetches_last) {
    if (body.empty() || !IsCommand(body.back(), "FETCH"))
      return Refuse(statement, "a cursor loop that does not end with FETCH");
    fetch = body.back();
    body.pop_back();
  } else {
    // WHILE 1 = 1 BEGIN FETCH ...; IF @@FETCH_STATUS <> 0 BREAK; ... END
    const bool fetches_first = body.size() > 1 && IsCommand(body[0], "FETCH") &&
                               body[1].Is(NodeKind::kIf) && !body[1].Has(Role::kElse) &&
                               TestsFetch(body[1].Child(Role::kCondition), false) &&
                               StatementsOf(body[1].Child(Role::kThen)).size() == 1 &&
                               IsCommand(StatementsOf(body[1].Child(Role::kThen))[0], "BREAK") &&
                               PlainText(statement.Child(Role::kCondition)) == "1=1";
    if (!fetches_first) return Flow::kBreaks;
    fetch = body[0];
    body.erase(body.begin(), body.begin() + 2);
  }
  const auto cursor = cursors_.find(FoldName(tsql::UnquoteName(fetch.TokenText(Role::kName))));
  std::vector<std::string> targets;
  for (const Node target : fetch.Children(Role::kTarget))
    targets.push_back(FoldName(target.TokenText(Role::kValue)));
  if (cursor == cursors_.end() || targets.empty() ||
      (fetches_last && cursor->second.targets != targets)) {
    return Refuse(statement, "a cursor loop whose FETCHes differ");
  }
  cursor->second.targets.clear();  // It may be opened again.
  for (const Node node : body) {
    if (HoldsCommand(node, "FETCH")) return Refuse(node, "a second FETCH in a loop");
  }
  LoweringOptions options = options_;
  options.keep_order = true;
  options.require_names = false;
  LoweredQuery lowered =
      LowerSelect(Index(), cursor->second.query, VisibleVariables(), options, *sink_);
  if (!lowered.query || sink_->HasErrors()) return Flow::kRefused;
  if (lowered.query->fields.size() != targets.size())
    return Refuse(statement, "a FETCH into more or fewer variables than columns");
  if (std::ranges::any_of(body, UsesCurrent)) AddCurrentRow(*lowered.query);
  return RunRowLoop(statement, std::move(lowered.query), targets, body);
}

// The key of the cursor's only table, beside the columns that are fetched.
void RoutineRunner::AddCurrentRow(Query& query) const {
  if (query.kind != QueryKind::kSelect || query.is_grouped || query.distinct || !query.from ||
      query.from->kind != SourceKind::kRelation) {
    return;
  }
  const catalog::Table* table =
      Index().FindTable(query.from->relation.schema, query.from->relation.name);
  if (table == nullptr || table->PrimaryKey() == nullptr) return;
  for (const catalog::IndexColumn& part : table->PrimaryKey()->columns) {
    const catalog::Column* column = table->FindColumn(part.name);
    if (column == nullptr) return;
    auto expr = MakeExpr(ExprKind::kColumn, tsql::FromCatalogType(column->type));
    expr->text = column->name;
    expr->range = query.from->range;
    query.fields.push_back({"current_" + column->name, expr->type});
    query.items.push_back({std::move(expr), query.fields.back().name});
  }
}

// Whether an INSERT at the node or below it adds rows whose identity or default numbers them.
bool RoutineRunner::NumbersNewRows(Node node) const {
  if (!node) return false;
  const Node target = node.Child(Role::kTarget);
  if (node.Is(NodeKind::kInsertStatement) && target) {
    const std::vector<std::string> parts =
        target.Is(NodeKind::kVariableTable)
            ? std::vector<std::string>{std::string(target.TokenText(Role::kValue))}
            : NamePartsOf(target.Child(Role::kName));
    const catalog::Table* table =
        Index().FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
    return table != nullptr &&
           std::ranges::any_of(table->columns, [](const catalog::Column& column) {
             return column.identity ||
                    UpperText(column.default_expression).find("NEXT VALUE") != std::string::npos;
           });
  }
  return std::ranges::any_of(node.Children(), [this](Node child) { return NumbersNewRows(child); });
}

RoutineRunner::Flow RoutineRunner::RunRowLoop(Node statement, QueryPtr query,
                                              const std::vector<std::string>& targets,
                                              const std::vector<Node>& body) {
  if (turns_ == nullptr && !PrepareDraws(statement)) return Flow::kRefused;
  std::vector<std::string> assigned = targets;
  for (const Node node : body) CollectAssigned(node, assigned);
  Variables before = Copy(state_.variables);
  Turns turns;
  BeginTurns(turns);
  const size_t outer_count = turns.fields.size();
  const std::vector<std::string> key = KeyOfRows(*query, targets);
  bool keeps_key = !key.empty();
  std::vector<std::string> carried;  // The order of the rows counts for these.
  std::vector<std::string> open;     // Given values in the body.
  for (const Node node : body) CollectAssigned(node, open);
  for (const std::string& name : open) {
    const bool is_target = std::ranges::find(targets, name) != targets.end();
    if (!is_target && FirstUse(body, name) == VariableUse::kReads) carried.push_back(name);
  }
  turns.has_order = !query->order_by.empty();
  // So it does where several rows may change the same one.
  const bool changes = std::ranges::any_of(body, HoldsUpdate) &&
                       (key.empty() || std::ranges::any_of(body, [](Node node) {
                          return Mentions(node, "@@rowcount");
                        }));
  // And where new rows have numbers.
  const bool numbers = turns.has_order && std::ranges::any_of(body, [this](Node node) {
                         return NumbersNewRows(node);
                       });
  const bool is_numbered =
      (!carried.empty() || changes || numbers) && turns.outer == nullptr && NumberRows(*query);
  if (!query->limit && !query->offset) query->order_by.clear();
  Settle(*query);
  auto rows = std::make_unique<Query>();
  if (turns.outer != nullptr) AddOuterColumns(turns, outer_count, *turns.outer, *rows);
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->alias = "cursor_rows";
  source->range = next_range_++;
  for (size_t i = 0; i < targets.size(); ++i) {
    const auto type = types_.find(targets[i]);
    if (type == types_.end()) return Refuse(statement, "a FETCH into an undeclared variable");
    OutputField field{NameTurnColumn(turns, targets[i]), type->second};
    source->column_names.push_back(field.name);
    auto expr = MakeExpr(ExprKind::kColumn, query->fields[i].type);
    expr->text = field.name;
    expr->qualifier = turns.outer != nullptr ? source->alias : "";
    expr->range = source->range;
    ExprPtr value = ConvertTo(std::move(expr), type->second, *sink_);
    field.type.nullable = value->type.nullable;
    AddItem(*rows, std::move(value), field);
    turns.fields.push_back(field);
    state_.variables[targets[i]] = TurnColumn(turns, field);
    if (std::ranges::find(key, targets[i]) == key.end()) continue;
    // Two keys could become one in a narrower variable.
    const SqlType& own = query->fields[i].type;
    keeps_key = keeps_key && own.id == type->second.id && own.scale <= type->second.scale &&
                (type->second.length == SqlType::kMax || own.length <= type->second.length);
    turns.key.push_back(FoldName(field.name));
  }
  if (!keeps_key) turns.key.clear();
  const size_t own_fields = query->fields.size() - (is_numbered ? 1 : 0);
  for (size_t i = targets.size(); i < query->fields.size(); ++i) {
    OutputField field{NameTurnColumn(turns, query->fields[i].name), query->fields[i].type};
    source->column_names.push_back(field.name);
    auto expr = MakeExpr(ExprKind::kColumn, field.type);
    expr->text = field.name;
    expr->qualifier = turns.outer != nullptr ? source->alias : "";
    expr->range = source->range;
    AddItem(*rows, std::move(expr), field);
    turns.fields.push_back(field);
    if (i >= own_fields) {
      turns.number = field;
    } else {
      turns.current.emplace_back(query->items[i].expr->text, field);
    }
  }
  if (turns.key.empty()) {
    for (const auto& [column, field] : turns.current) turns.key.push_back(FoldName(field.name));
  }
  source->query = std::move(query);
  if (turns.outer == nullptr) {
    rows->from = std::move(source);
  } else {
    source->lateral = true;
    rows->from = std::make_unique<Source>();
    rows->from->kind = SourceKind::kJoin;
    rows->from->join = JoinKind::kCross;
    rows->from->left = TurnSource(*turns.outer);
    rows->from->right = std::move(source);
    rows->where = PathCondition(*turns.outer);
  }
  for (const std::string& name : assigned) {
    const bool is_target = std::ranges::find(targets, name) != targets.end();
    if (is_target || std::ranges::find(carried, name) != carried.end()) continue;
    if (FirstUse(body, name) == VariableUse::kFinds) turns.finds.insert(name);
    if (types_.contains(name)) state_.variables[name] = MakeNull(types_[name]);
  }
  turns.step = steps_.Add("each_" + (targets[0].substr(1)), std::make_unique<Query>());
  turns_ = &turns;
  auto frames = std::exchange(frames_, {});
  Flow flow = Flow::kGoesOn;
  for (const std::string& name : carried) {
    if (CarryOn(name, body, open, before, statement)) continue;
    flow = Refuse(statement, "a loop over a cursor that carries " + name + " on");
    break;
  }
  if (flow == Flow::kGoesOn) flow = RunList(body, 0);
  frames_ = std::move(frames);
  // What the last row leaves.
  std::vector<std::string> last;
  std::vector<OutputField> last_fields;
  for (const std::string& name : carried) {
    if (flow == Flow::kRefused || !IsReadLater(name)) continue;
    AddLookUp(Clone(*state_.variables.at(name)), name);
    last.push_back(name);
    last_fields.push_back(turns.fields.back());
  }
  turns_ = turns.outer;
  if (flow == Flow::kRefused || sink_->HasErrors()) return Flow::kRefused;
  if (!LoopIsSet(turns, statement)) return Flow::kRefused;
  steps_.Put(turns.step, WithLookUps(turns, std::move(rows)), /*reads_itself=*/false);
  const Variables without_rows = Copy(before);
  const Flow left = LeaveTurns(turns, assigned, last, last_fields, std::move(before));
  for (size_t i = 0; i < last.size(); ++i) {
    auto exists = MakeExpr(ExprKind::kExists, tsql::MakeType(TypeId::kBit, false));
    exists->query = SelectFrom(StepSource(steps_.NameOf(turns.step)), {last_fields[i]});
    ExprPtr& value = state_.variables.at(last[i]);
    value = ChooseValue(*exists, std::move(value), Clone(*without_rows.at(last[i])));
  }
  return left;
}

// The variables that together differ from row to row: a key of the query's only table among them,
// or what it groups by.
std::vector<std::string> RoutineRunner::KeyOfRows(const Query& query,
                                                  const std::vector<std::string>& targets) const {
  std::vector<std::string> key;
  const auto column_of = [&](const std::string& name) -> std::string {
    for (size_t i = 0; i < query.items.size() && i < targets.size(); ++i) {
      const Expr& expr = *query.items[i].expr;
      if (expr.kind == ExprKind::kColumn && FoldName(expr.text) == FoldName(name))
        return targets[i];
    }
    return "";
  };
  if (query.kind != QueryKind::kSelect) return key;
  if (query.distinct) return targets;
  if (query.is_grouped || !query.from || query.from->kind != SourceKind::kRelation) return key;
  const catalog::Table* table =
      Index().FindTable(query.from->relation.schema, query.from->relation.name);
  if (table == nullptr) return key;
  for (const catalog::KeyConstraint& candidate : table->keys) {
    key.clear();
    for (const catalog::IndexColumn& column : candidate.columns)
      key.push_back(column_of(column.name));
    if (!key.empty() && std::ranges::find(key, "") == key.end()) return key;
  }
  return {};
}

}  // namespace datamigrate::relational
