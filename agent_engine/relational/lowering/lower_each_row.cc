// UPDATE and DELETE for all rows of a source at once, as a loop would do them for one after
// another.
#include <algorithm>

#include "agent_engine/relational/lowering/write_lowering.h"
#include "agent_engine/relational/lowering/write_parts.h"

namespace datamigrate::relational {

using namespace tsql;

std::set<std::string> ColumnsOf(const Source& source, const ColumnsByRange& columns) {
  if (source.range < 0) return {"*"};
  const auto own = columns.find(source.range);
  return own == columns.end() ? std::set<std::string>{} : own->second;
}

// `columns` are those that the whole statement names, by range variable.
void WriteLowering::NoteEachRead(const Source& source, const ColumnsByRange& columns) {
  if (source.kind != SourceKind::kRelation) return;
  each_->reads.push_back({source.relation, ColumnsOf(source, columns)});
}

// Columns of the source that the condition sets equal to columns of the target.
void WriteLowering::CollectEqualColumns(const Expr& condition,
                                        std::vector<std::string>& columns) const {
  if (condition.kind == ExprKind::kAnd) {
    for (const ExprPtr& part : condition.arguments) CollectEqualColumns(*part, columns);
  }
  if (condition.kind != ExprKind::kCompare || condition.text != "=") return;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    const Expr& own = *condition.arguments[side];
    const Expr& other = *condition.arguments[1 - side];
    if (own.kind == ExprKind::kColumn && own.range == range_ && other.kind == ExprKind::kColumn &&
        other.range == each_->source->range) {
      columns.push_back(FoldName(other.text));
      if (each_->key.size() == 1 && columns.back() == each_->key[0])
        each_->own_column = FoldName(own.text);
    }
  }
}

// WHERE column = value, and the value has nothing of the target.
void WriteLowering::NoteFoundBy(const Expr& condition) {
  if (condition.kind != ExprKind::kCompare || condition.text != "=") return;
  for (const size_t side : {size_t{0}, size_t{1}}) {
    const Expr& own = *condition.arguments[side];
    if (own.kind != ExprKind::kColumn || own.range != range_) continue;
    bool is_other = true;
    ExprPtr value = Clone(*condition.arguments[1 - side]);
    ForEachPart(
        *value, [&](Source&) { is_other = false; },
        [&](Expr& part) {
          is_other = is_other && (part.kind != ExprKind::kColumn || part.range != range_);
        });
    if (is_other) each_->found_by = {FoldName(own.text), std::move(value)};
  }
}

void WriteLowering::JoinEachRow(SourcePtr& from, const Source* leaf,
                                const std::vector<SetColumn>& sets, ExprPtr& condition) {
  ColumnsByRange columns;
  const auto note = [&](Expr& part) {
    if (part.kind == ExprKind::kColumn) columns[part.range].insert(FoldName(part.text));
  };
  for (const SetColumn& set : sets) {
    each_->sets[FoldName(fields_[set.field].name)] = Clone(*set.value);
    ForEachPart(
        *set.value, [](Source&) {}, note);
  }
  if (condition) {
    ForEachPart(
        *condition, [](Source&) {}, note);
  }
  auto holder = std::make_unique<Query>();
  holder->from = std::move(from);
  ForEachPart(
      *holder, [](Source&) {}, note);
  from = std::move(holder->from);
  const auto visit = [&](Expr& expr) {
    ForEachPart(
        expr, [&](Source& source) { NoteEachRead(source, columns); },
        [&](Expr& part) {
          if (part.kind != ExprKind::kColumn || part.range != range_) return;
          each_->builds_on_sets =
              each_->builds_on_sets || std::ranges::any_of(sets, [&](const SetColumn& set) {
                return fields_[set.field].name == part.text;
              });
        });
  };
  for (const SetColumn& set : sets) visit(*set.value);
  for (auto& [column, value] : each_->current) {
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (FoldName(fields_[i].name) != FoldName(column)) continue;
      condition = And(std::move(condition), MakeCompare("=", FieldOf(i, alias_), std::move(value)));
    }
  }
  std::vector<std::string> equal;
  if (condition) {
    NoteFoundBy(*condition);
    visit(*condition);
    CollectEqualColumns(*condition, equal);
  }
  std::vector<const Source*> leaves;
  CollectLeaves(*from, leaves);
  for (const Source* source : leaves) {
    if (source == leaf) continue;
    NoteEachRead(*source, columns);
    if (source->query) {
      const QueryPtr copy = relational::Clone(*source->query);
      ForEachPart(
          *copy, [&](Source& below) { NoteEachRead(below, columns); }, [](Expr&) {});
    }
  }
  each_->finds_own_rows =
      !each_->key.empty() && std::ranges::all_of(each_->key, [&](const std::string& column) {
        return std::ranges::find(equal, column) != equal.end();
      });
  if (leaves.size() == 1) {
    auto touched = SelectFields(alias_);
    touched->from = TableSource();
    touched->from->range = range_;
    if (condition) touched->where = Clone(*condition);
    each_->count = CountOf(std::move(touched));
  }
  auto join = std::make_unique<Source>();
  join->kind = SourceKind::kJoin;
  join->join = JoinKind::kCross;
  join->left = std::move(from);
  join->right = std::move(each_->source);
  from = std::move(join);
  if (each_->condition) condition = And(std::move(condition), std::move(each_->condition));
}

// The d of `column + d` or `column - d`, which has nothing of the target's changed columns; null
// for other values. Adding all of them at once gives what adding one after another does.
ExprPtr WriteLowering::AddendOf(const SetColumn& set) const {
  const Expr* value = set.value.get();
  while (value->kind == ExprKind::kCast && value->implicit) value = value->arguments[0].get();
  if (value->kind != ExprKind::kArithmetic || (value->text != "+" && value->text != "-"))
    return nullptr;
  const auto is_own = [&](const Expr& expr) {
    const Expr* bare = &expr;
    while (bare->kind == ExprKind::kCast && bare->implicit) bare = bare->arguments[0].get();
    return bare->kind == ExprKind::kColumn && bare->range == range_ &&
           FoldName(bare->text) == FoldName(fields_[set.field].name);
  };
  const Expr& left = *value->arguments[0];
  const Expr& right = *value->arguments[1];
  const bool is_first = is_own(left);
  if (!is_first && (value->text == "-" || !is_own(right))) return nullptr;
  const Expr& added = is_first ? right : left;
  const SqlType& type = fields_[set.field].type;
  if (!IsExactNumeric(type.id) || !IsExactNumeric(added.type.id) || added.type.scale > type.scale ||
      ReadsChanged(added)) {
    return nullptr;
  }
  if (value->text == "+") return Clone(added);
  auto negated = MakeExpr(ExprKind::kNegate, added.type);
  negated->arguments = ExprList(Clone(added));
  return negated;
}

bool WriteLowering::ReadsChanged(const Expr& expr) const {
  bool reads = false;
  const ExprPtr copy = Clone(expr);
  ForEachPart(
      *copy, [](Source&) {},
      [&](Expr& part) {
        reads = reads || (part.kind == ExprKind::kColumn && part.range == range_ &&
                          each_->sets.contains(FoldName(part.text)));
      });
  return reads;
}

// Where several turns of a loop change the same row: whether each column gets a value that does not
// depend on the other turns, or one that is added to. `addends` are those, by place among `sets`.
bool WriteLowering::AddsUp(const std::vector<SetColumn>& sets, const ExprPtr& condition,
                           std::vector<ExprPtr>& addends) const {
  if (condition && ReadsChanged(*condition)) return false;
  for (const SetColumn& set : sets) {
    addends.push_back(ReadsChanged(*set.value) ? AddendOf(set) : nullptr);
    if (ReadsChanged(*set.value) && !addends.back()) return false;
  }
  return true;
}

// The column with what all turns add to it, among the rows of one key.
ExprPtr WriteLowering::SumOfTurns(size_t field, const Expr& addend,
                                  const std::vector<ExprPtr>& partition, Node at) {
  const auto over_key = [&](ExprPtr call) {
    call->window = std::make_unique<Window>();
    for (const ExprPtr& part : partition) call->window->partition_by.push_back(Clone(*part));
    return call;
  };
  SqlType total = addend.type;
  if (IsIntegral(total.id)) total = MakeType(TypeId::kBigInt);
  if (total.id == TypeId::kDecimal) total.precision = 38;
  ExprPtr sum = over_key(MakeCall("SUM", total, ExprList(Clone(addend))));
  const SqlType type = fields_[field].type;
  ExprPtr value = lowering_.Convert(
      lowering_.Arithmetic("+", FieldOf(field, alias_), std::move(sum), at), type, true);
  if (!addend.type.nullable) return value;
  auto is_null = MakeExpr(ExprKind::kIsNull, MakeType(TypeId::kBit, false));
  is_null->arguments = ExprList(Clone(addend));
  auto flag = MakeExpr(ExprKind::kCase, MakeType(TypeId::kInt, false));
  flag->has_else = true;
  flag->arguments = ExprList(std::move(is_null), MakeInteger(1), MakeInteger(0));
  const ExprPtr is_known =
      MakeCompare("=", over_key(MakeCall("MAX", MakeType(TypeId::kInt), ExprList(std::move(flag)))),
                  MakeInteger(0));
  value = ChooseValue(*is_known, std::move(value), MakeNull(type));
  value->type.nullable = true;
  return value;
}

}  // namespace datamigrate::relational
