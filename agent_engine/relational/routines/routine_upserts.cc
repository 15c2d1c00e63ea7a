// UPDATE t SET ... WHERE k = @k; IF @@ROWCOUNT = 0 INSERT t (k, ...) VALUES (@k, ...) in a loop
// whose turns may have the same @k: the first of them adds the row, the later ones change it.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/routines/expr_parts.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/variable_use.h"

namespace datamigrate::relational {
namespace {

bool FindsNone(Node condition) {
  const std::string text = PlainText(condition);
  return text == "@@rowcount=0" || text == "@@rowcount<1";
}

bool SameValue(const Expr& left, const Expr& right) {
  return SameExpr(Bare(left), Bare(right));
}

bool DiffersByTurn(const Expr& expr, int32_t range) {
  bool differs = false;
  const ExprPtr copy = Clone(expr);
  ForEachPart(
      *copy, [](Source&) {},
      [&](Expr& part) {
        differs = differs || (part.kind == ExprKind::kColumn && part.range == range);
      });
  return differs;
}

}  // namespace

// The INSERT that follows the UPDATE where it finds no row; absent where there is none.
bool RoutineRunner::InsertFollows() const {
  if (turns_->outer != nullptr || turns_->number.name.empty() || frames_.empty()) return false;
  const Frame& frame = frames_.back();
  if (frame.next >= frame.statements->size()) return false;
  const Node next = (*frame.statements)[frame.next];
  if (!next.Is(NodeKind::kIf) || next.Has(Role::kElse) || !FindsNone(next.Child(Role::kCondition)))
    return false;
  const std::vector<Node> then = StatementsOf(next.Child(Role::kThen));
  return then.size() == 1 && then[0].Is(NodeKind::kInsertStatement);
}

// Whether the row that the INSERT adds is the one that the UPDATE would find, with the values that
// it would set; the others are the same on each turn.
bool RoutineRunner::CompletesUpsert(const InsertedRows& inserted) const {
  const Upsert& upsert = turns_->upsert;
  bool has_key = false;
  std::set<std::string> given;
  for (size_t i = 0; i < inserted.columns.size() && i < inserted.rows->items.size(); ++i) {
    const std::string column = FoldName(inserted.columns[i]);
    const Expr& value = *inserted.rows->items[i].expr;
    given.insert(column);
    const auto set = upsert.sets.find(column);
    if (column == upsert.column) {
      if (!SameValue(value, *upsert.value)) return false;
      has_key = true;
    } else if (set != upsert.sets.end()) {
      if (!SameValue(value, *set->second)) return false;
    } else if (DiffersByTurn(value, turns_->range)) {
      return false;
    }
  }
  return has_key && std::ranges::all_of(upsert.sets, [&](const auto& set) {
           const catalog::Column* column = inserted.table->FindColumn(set.first);
           return given.contains(set.first) ||
                  (column != nullptr && column->period_role == catalog::PeriodRole::kRowStart);
         });
}

// Of the turns that find no row, one for each key: the last, whose values stay. New rows are
// numbered as the first turns of their keys come.
void RoutineRunner::KeepLastOfKey(Query& rows) {
  const Turns& turns = *turns_;
  const auto number = [&] { return TurnColumn(turns, turns.number); };
  const auto over_key = [&](ExprPtr call) {
    call->window = std::make_unique<Window>();
    call->window->partition_by.push_back(Clone(*turns.upsert.value));
    return call;
  };
  auto query = std::make_unique<Query>();
  const auto add = [&](ExprPtr expr, const std::string& name) {
    query->fields.push_back({name, expr->type});
    query->items.push_back({std::move(expr), name});
  };
  for (const OutputField& field : turns.fields) add(TurnColumn(turns, field), field.name);
  const SqlType count = tsql::MakeType(TypeId::kBigInt, false);
  ExprPtr last = over_key(MakeCall("ROW_NUMBER", count, {}));
  last->window->order_by.push_back({number(), true});
  add(std::move(last), "from_last");
  add(over_key(MakeCall("MIN", turns.number.type, ExprList(number()))), "first_of_key");
  query->from = TurnSource(turns);
  query->where = PathCondition(turns);
  rows.from = std::make_unique<Source>();
  rows.from->kind = SourceKind::kDerived;
  rows.from->alias = turns.alias;
  rows.from->range = turns.range;
  rows.from->query = std::move(query);
  auto is_null = MakeExpr(ExprKind::kIsNull, tsql::MakeType(TypeId::kBit, false));
  is_null->arguments = ExprList(Clone(*turns.upsert.value));
  ExprPtr is_last = MakeCompare("=", TurnColumn(turns, {"from_last", count}), MakeInteger(1));
  // No row is found for NULL, however often it comes.
  rows.where = turns.upsert.value->type.nullable
                   ? MakeLogical(ExprKind::kOr, std::move(is_last), std::move(is_null))
                   : std::move(is_last);
  rows.order_by.push_back({TurnColumn(turns, {"first_of_key", turns.number.type}), false});
  rows.order_by.push_back({number(), false});
}

}  // namespace datamigrate::relational
