// SELECT @list = @list + x FROM ...: a variable that gathers the rows of a query, as an aggregate.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/routines/routine_runner.h"

namespace datamigrate::relational {
namespace {

constexpr int32_t kOldRange = -88;  // Of the stand-in for the variable's value so far.

const Expr& Bare(const Expr& expr) {
  const bool keeps = expr.kind == ExprKind::kCast && expr.style < 0 &&
                     (tsql::IsString(expr.type.id) == tsql::IsString(expr.arguments[0]->type.id));
  return keeps ? Bare(*expr.arguments[0]) : expr;
}

bool IsOld(const Expr& expr) {
  const Expr& bare = Bare(expr);
  return bare.kind == ExprKind::kColumn && bare.range == kOldRange;
}

bool HoldsOld(const Expr& expr) {
  bool found = false;
  const ExprPtr copy = Clone(expr);
  ForEachPart(
      *copy, [](Source&) {},
      [&](Expr& part) {
        found = found || (part.kind == ExprKind::kColumn && part.range == kOldRange);
      });
  return found;
}

bool IsFallback(const Expr& expr) {
  return expr.kind == ExprKind::kCall && (expr.text == "ISNULL" || expr.text == "COALESCE") &&
         expr.arguments.size() == 2;
}

bool IsEmptyText(const Expr& expr) {
  return Bare(expr).kind == ExprKind::kString && Bare(expr).text.empty();
}

// How a row goes into the value: old + piece.
struct Gathering {
  ExprPtr piece;          // Of each row; null: not understood.
  ExprPtr start;          // What stands for a value that is NULL so far; null: NULL.
  std::string separator;  // Between pieces, and before the first one after a value.
  bool is_text = false;
  bool separates = false;  // COALESCE(@s + ',', '') + x: the separator stands between pieces only.
};

// The parts of `first + rest...`, where only the first holds the old value.
Gathering Recognize(const Expr& value) {
  Gathering gathering;
  const Expr& sum = Bare(value);
  const bool joins = sum.kind == ExprKind::kConcat;
  const bool adds = sum.kind == ExprKind::kArithmetic && sum.text == "+";
  if ((!joins && !adds) || sum.arguments.size() < 2) return gathering;
  gathering.is_text = joins;
  size_t place = 0;
  if (adds && !HoldsOld(*sum.arguments[0])) place = 1;
  const Expr& first = Bare(*sum.arguments[place]);
  std::vector<ExprPtr> rest;
  for (size_t i = 0; i < sum.arguments.size(); ++i) {
    if (i == place) continue;
    if (HoldsOld(*sum.arguments[i])) return gathering;
    rest.push_back(Clone(*sum.arguments[i]));
  }
  if (IsFallback(first) && IsOld(*first.arguments[0]) && !HoldsOld(*first.arguments[1])) {
    gathering.start = Clone(*first.arguments[1]);
  } else if (joins && IsFallback(first) && IsEmptyText(*first.arguments[1])) {
    const Expr& led = Bare(*first.arguments[0]);
    const bool leads = led.kind == ExprKind::kConcat && led.arguments.size() == 2 &&
                       IsOld(*led.arguments[0]) &&
                       Bare(*led.arguments[1]).kind == ExprKind::kString;
    if (!leads) return gathering;
    gathering.separator = Bare(*led.arguments[1]).text;
    gathering.separates = true;
  } else if (!IsOld(first)) {
    return gathering;
  }
  if (rest.size() == 1) {
    gathering.piece = std::move(rest[0]);
  } else {
    SqlType type = sum.type;
    type.nullable =
        std::ranges::any_of(rest, [](const ExprPtr& part) { return part->type.nullable; });
    gathering.piece = MakeExpr(ExprKind::kConcat, type);
    gathering.piece->arguments = std::move(rest);
  }
  // A NULL would begin the list anew.
  if (gathering.separates && gathering.piece->type.nullable) gathering.piece = nullptr;
  return gathering;
}

ExprPtr ColumnOf(const OutputField& field, int32_t range) {
  auto column = MakeExpr(ExprKind::kColumn, field.type);
  column->text = field.name;
  column->range = range;
  return column;
}

ExprPtr Concatenated(ExprPtr left, ExprPtr right, const SqlType& type) {
  auto joined = MakeExpr(ExprKind::kConcat, type);
  joined->arguments = ExprList(std::move(left), std::move(right));
  return joined;
}

}  // namespace

RoutineRunner::Flow RoutineRunner::RunGathering(Node statement, Node item) {
  const auto refuse = [&] {
    return Refuse(statement, "a variable that gathers the rows of a SELECT");
  };
  if (turns_ != nullptr) return refuse();
  const std::string name = FoldName(item.TokenText(Role::kTarget));
  const auto old = state_.variables.find(name);
  if (old == state_.variables.end() || !types_.contains(name)) return refuse();
  const SqlType type = types_[name];
  auto stand_in = MakeExpr(ExprKind::kColumn, type);
  stand_in->text = name;
  stand_in->range = kOldRange;
  Variables variables = VisibleVariables();
  variables[name] = Clone(*stand_in);
  LoweringOptions options = options_;
  options.assigns_variables = true;
  options.keep_order = true;
  LoweredQuery lowered = LowerSelect(Index(), statement, std::move(variables), options, *sink_);
  if (!lowered.query || sink_->HasErrors()) return Flow::kRefused;
  QueryPtr query = std::move(lowered.query);
  if (query->kind != QueryKind::kSelect || query->items.size() != 1 || query->distinct ||
      query->is_grouped) {
    return refuse();
  }
  ExprPtr value = std::move(query->items[0].expr);
  const std::string op = JoinedTokens(item, Role::kOperator, "");
  if (op == "+=" && !HoldsOld(*value))
    value = Combine("+", std::move(stand_in), std::move(value), item, options_, *sink_);
  Gathering gathering = Recognize(*value);
  if (!gathering.piece || (op != "=" && op != "+=")) return refuse();

  // The pieces, with what orders them, and one row over them.
  query->items.clear();
  query->fields.clear();
  const auto add = [](Query& to, ExprPtr expr, const std::string& alias) {
    to.fields.push_back({alias, expr->type});
    to.items.push_back({std::move(expr), alias});
  };
  const bool is_limited = query->limit != nullptr;
  const bool may_miss = gathering.piece->type.nullable;
  add(*query, std::move(gathering.piece), "piece");
  std::vector<bool> descending;
  for (OrderItem& order : query->order_by) {
    if (order.expr->kind == ExprKind::kColumn && order.expr->range == -2) return refuse();
    add(*query, Clone(*order.expr), "place_" + std::to_string(descending.size() + 1));
    descending.push_back(order.descending);
  }
  if (!is_limited) query->order_by.clear();
  const int32_t range = next_range_++;
  const std::vector<OutputField> fields = query->fields;
  auto gathered = std::make_unique<Query>();
  gathered->ctes = std::move(query->ctes);
  query->ctes.clear();
  gathered->recursive = std::exchange(query->recursive, false);
  gathered->from = std::make_unique<Source>();
  gathered->from->kind = SourceKind::kDerived;
  gathered->from->alias = "pieces";
  gathered->from->range = range;
  gathered->from->query = std::move(query);
  ExprPtr all;
  if (gathering.is_text) {
    SqlType text = tsql::MakeSized(type.id, SqlType::kMax);
    text.nullable = true;
    all = MakeCall("STRING_AGG", text,
                   ExprList(ColumnOf(fields[0], range), MakeString(gathering.separator)));
    for (size_t i = 0; i < descending.size(); ++i)
      all->order_by.push_back({ColumnOf(fields[i + 1], range), descending[i]});
  } else {
    all = MakeCall("SUM", value->type, ExprList(ColumnOf(fields[0], range)));
    all->type.nullable = true;
  }
  all->span = item.span();
  add(*gathered, std::move(all), "gathered");
  const SqlType count = tsql::MakeType(TypeId::kInt, false);
  add(*gathered, MakeCall("COUNT", count, ExprList(MakeExpr(ExprKind::kStar, count))), "rows_seen");
  add(*gathered, MakeCall("COUNT", count, ExprList(ColumnOf(fields[0], range))), "rows_known");
  Settle(*gathered);
  const std::vector<OutputField> result = gathered->fields;
  const std::string step = steps_.NameOf(steps_.Add(name, std::move(gathered)));

  // Without a row the variable keeps its value; a NULL among the pieces makes it NULL.
  ExprPtr before = Clone(*old->second);
  if (gathering.start)
    before = MakeCall("ISNULL", type, ExprList(std::move(before), std::move(gathering.start)));
  ExprPtr total;
  if (gathering.separates) {
    ExprPtr led = Concatenated(Clone(*before), MakeString(gathering.separator), type);
    led = MakeCall("ISNULL", type, ExprList(std::move(led), MakeString("")));
    if (before->kind == ExprKind::kNull) led = nullptr;
    total = ReadOne(step, result[0]);
    if (led) total = Concatenated(std::move(led), std::move(total), type);
  } else {
    total = Combine("+", std::move(before), ReadOne(step, result[0]), item, options_, *sink_);
  }
  auto choice = MakeExpr(ExprKind::kCase, type);
  choice->type.nullable = true;
  choice->arguments =
      ExprList(MakeCompare("=", ReadOne(step, result[1]), MakeInteger(0)), Clone(*old->second));
  if (may_miss) {
    choice->arguments.push_back(
        MakeCompare("<", ReadOne(step, result[2]), ReadOne(step, result[1])));
    choice->arguments.push_back(MakeNull(type));
  }
  choice->has_else = true;
  choice->arguments.push_back(ConvertTo(std::move(total), type, *sink_));
  state_.variables[name] = std::move(choice);
  lost_.erase(name);
  return sink_->HasErrors() ? Flow::kRefused : Flow::kGoesOn;
}

}  // namespace datamigrate::relational
