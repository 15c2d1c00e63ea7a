// NEXT VALUE FOR in a routine: "NEXT VALUE FOR (Transact-SQL)". The number that was drawn last is a
// variable of its own, @@last:name, so that branches and loops carry it as they carry the others.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/sequence_names.h"
#include "agent_engine/relational/routines/routine_runner.h"
#include "agent_engine/relational/routines/sequence_columns.h"

namespace datamigrate::relational {
namespace {

SqlType NumberType() {
  return tsql::MakeType(TypeId::kBigInt, false);
}

QueryPtr OneNumber(ExprPtr value) {
  auto query = std::make_unique<Query>();
  query->fields = {{"number", NumberType()}};
  query->items.push_back({MakeCast(std::move(value), NumberType(), false), "number"});
  return query;
}

// The largest number of a column, or the smallest one where they fall.
QueryPtr ExtremeOf(const NumberColumn& place, const SqlType& type, bool falls) {
  auto column = MakeExpr(ExprKind::kColumn, type);
  column->text = place.column;
  column->range = 0;
  QueryPtr query = OneNumber(MakeCall(falls ? "MIN" : "MAX", type, ExprList(std::move(column))));
  query->fields[0].type.nullable = true;
  query->from = std::make_unique<Source>();
  query->from->relation = place.table;
  query->from->alias = place.table.name;
  return query;
}

QueryPtr UnionAll(QueryPtr left, QueryPtr right) {
  auto both = std::make_unique<Query>();
  both->kind = QueryKind::kUnionAll;
  both->fields = left->fields;
  both->left = std::move(left);
  both->right = std::move(right);
  return both;
}

}  // namespace

ExprPtr RoutineRunner::NothingDrawn(const catalog::Sequence& sequence) {
  return MakeInteger(StartOf(sequence) - StepOf(sequence));
}

// The number that the next one goes on from: the last that the routine has drawn, or the largest
// that a column has.
ExprPtr RoutineRunner::LastNumber(const catalog::Sequence& sequence, const std::string& name,
                                  const std::vector<NumberColumn>& columns) {
  const bool falls = StepOf(sequence) < 0;
  const auto drawn = state_.variables.find(name);
  QueryPtr all =
      OneNumber(drawn != state_.variables.end() ? Clone(*drawn->second) : NothingDrawn(sequence));
  for (const NumberColumn& place : columns) {
    const catalog::Table* table = outer_.FindTable(place.table.schema, place.table.name);
    const catalog::Column* column = table == nullptr ? nullptr : table->FindColumn(place.column);
    if (column == nullptr) continue;
    all = UnionAll(std::move(all), ExtremeOf(place, tsql::FromCatalogType(column->type), falls));
  }
  Settle(*all);
  auto number = MakeExpr(ExprKind::kColumn, NumberType());
  number->text = "number";
  number->range = next_range_++;
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->alias = "numbers";
  source->range = number->range;
  source->query = std::move(all);
  QueryPtr last =
      OneNumber(MakeCall(falls ? "MIN" : "MAX", NumberType(), ExprList(std::move(number))));
  last->from = std::move(source);
  const OutputField field = last->fields[0];
  const size_t step = steps_.Add("last_" + sequence.name.name, std::move(last));
  return ReadOne(steps_.NameOf(step), field);
}

// Makes the last numbers of all sequences below the node known, as the tables are now.
bool RoutineRunner::PrepareDraws(Node node) {
  std::vector<Node> draws;
  CollectDraws(node, draws);
  for (const Node draw : draws) {
    const catalog::Sequence* sequence = FindSequence(outer_.catalog(), draw);
    const std::string name = LastNumberVariable(draw);
    if (sequence == nullptr) {
      Refuse(draw, "a number of " + std::string(draw.Child(Role::kSequence).Text()) +
                       ", a sequence that is not known");
      return false;
    }
    if (sequence->cycle || lost_draws_.contains(name)) {
      Refuse(draw, sequence->cycle ? "a number of a sequence that begins again"
                                   : "a number of a sequence of which it draws an unknown count");
      return false;
    }
    const std::vector<NumberColumn> columns = ColumnsOfSequence(outer_, name);
    if (columns.empty()) {
      sink_->Report({DiagnosticId::kSequenceNotHeld,
                     draw.span(),
                     {sequence->name.ToString()},
                     "give a column the default NEXT VALUE FOR it, or number the rows by hand",
                     "",
                     "",
                     {}});
      return false;
    }
    draws_[name] = sequence;
    types_[name] = NumberType();
    Note(DiagnosticId::kSequenceGoesOn, draw,
         {sequence->name.ToString(), columns[0].table.ToString() + "." + columns[0].column});
    state_.variables[name] = LastNumber(*sequence, name, columns);
  }
  return true;
}

// Before a statement that may draw numbers: true where it can.
bool RoutineRunner::BeginDraws(Node statement, std::vector<Node>& draws) {
  CollectDraws(statement, draws);
  if (draws.empty()) return true;
  if (turns_ == nullptr && !PrepareDraws(statement)) return false;
  for (const Node draw : draws) {
    const std::string name = LastNumberVariable(draw);
    const auto last = state_.variables.find(name);
    const bool is_known = turns_ == nullptr || turns_->draws.contains(name);
    if (!is_known || last == state_.variables.end()) {
      Refuse(draw, "a number of a sequence, drawn where a loop does not see it");
      return false;
    }
    const auto same = [&](Node other) { return LastNumberVariable(other) == name; };
    const bool is_twice = std::ranges::count_if(draws, same) > 1;
    if (is_twice && statement.Is(NodeKind::kDeclareStatement)) {
      Refuse(statement, "DECLARE with two numbers of a sequence");
      return false;
    }
    state_.variables[NextNumberVariable(draw)] = Clone(*last->second);
  }
  return true;
}

// After it: the numbers that it has drawn are gone.
bool RoutineRunner::EndDraws(Node statement, const std::vector<Node>& draws) {
  std::set<std::string> done;
  for (const Node draw : draws) {
    state_.variables.erase(NextNumberVariable(draw));
    const std::string name = LastNumberVariable(draw);
    const auto last = state_.variables.find(name);
    if (last == state_.variables.end() || !done.insert(name).second) continue;
    const int64_t step = StepOf(*draws_.at(name));
    const int64_t count = CountOfDraws(statement);
    ExprPtr drawn = MakeInteger(step * count);
    if (count == 0 && turns_ != nullptr) {
      Refuse(draw, "numbers of a sequence for the rows of a query, inside a loop");
      return false;
    }
    if (count == 0) {
      if (!row_count_) {
        lost_draws_.insert(name);
        state_.variables.erase(last);
        continue;
      }
      drawn = Combine("*", MakeCast(Clone(*row_count_), NumberType(), false), MakeInteger(step),
                      draw, options_, *sink_);
    }
    last->second =
        MakeCast(Combine("+", std::move(last->second), std::move(drawn), draw, options_, *sink_),
                 NumberType(), false);
  }
  return !sink_->HasErrors();
}

// A called text draws on from where its caller is, and the caller from there.
void RoutineRunner::MoveDraws(Variables& from, Variables& to) {
  std::vector<std::string> names;
  for (const auto& [name, value] : from) {
    if (IsLastNumberVariable(name)) names.push_back(name);
  }
  for (const std::string& name : names) {
    to[name] = std::move(from[name]);
    from.erase(name);
  }
}

}  // namespace datamigrate::relational
