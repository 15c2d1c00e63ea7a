#include "agent_engine/relational/routines/table_states.h"

#include <utility>

namespace datamigrate::relational {
std::string StateKey(const catalog::ObjectName& table) {
  return catalog::FoldName(table.schema.empty() ? "dbo" : table.schema) + "." +
         catalog::FoldName(table.name);
}

size_t Steps::Add(const std::string& name, QueryPtr query) {
  std::string base;
  for (const char c : name) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    if (is_plain) base += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!is_plain && !base.empty() && base.back() != '_') base += '_';
  }
  if (base.empty() || std::isdigit(static_cast<unsigned char>(base[0])) != 0) base = "step" + base;
  std::string unique = base;
  for (int i = 1; !taken_.insert(catalog::FoldName(unique)).second; ++i)
    unique = base + "_" + std::to_string(i);
  const size_t index = steps_.size();
  by_name_[unique] = index;
  steps_.push_back({std::move(unique), {}, std::move(query)});
  return index;
}

void Steps::Put(size_t step, QueryPtr query, bool reads_itself) {
  steps_[step].query = std::move(query);
  if (reads_itself) recursive_.insert(step);
}

std::optional<size_t> Steps::Find(const std::string& name) const {
  const auto step = by_name_.find(name);
  return step == by_name_.end() ? std::nullopt : std::optional(step->second);
}

std::set<size_t> Steps::ReadBy(const Query& query) const {
  std::set<size_t> found;
  std::vector<QueryPtr> copies;
  std::vector<Query*> pending;
  copies.push_back(Clone(query));
  pending.push_back(copies.back().get());
  while (!pending.empty()) {
    Query* current = pending.back();
    pending.pop_back();
    ForEachPart(
        *current,
        [&](Source& source) {
          if (source.kind != SourceKind::kNamed || source.name_parts.size() != 1) return;
          const auto step = by_name_.find(source.name_parts[0]);
          if (step == by_name_.end() || !found.insert(step->second).second) return;
          copies.push_back(Clone(*steps_[step->second].query));
          pending.push_back(copies.back().get());
        },
        [](Expr&) {});
  }
  return found;
}

QueryPtr Steps::Complete(QueryPtr query) const {
  std::vector<CommonTable> all;
  for (const size_t step : ReadBy(*query)) {
    all.push_back({steps_[step].name, steps_[step].column_names, Clone(*steps_[step].query)});
    query->recursive = query->recursive || recursive_.contains(step);
  }
  for (CommonTable& own : query->ctes) all.push_back(std::move(own));
  query->ctes = std::move(all);
  return query;
}

SourcePtr StepSource(const std::string& step) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kNamed;
  source->name_parts = {step};
  source->alias = step;
  return source;
}

QueryPtr SelectFrom(SourcePtr source, const std::vector<OutputField>& fields) {
  auto query = std::make_unique<Query>();
  for (const OutputField& field : fields) {
    auto expr = MakeExpr(ExprKind::kColumn, field.type);
    expr->text = field.name;
    expr->range = 0;
    query->items.push_back({std::move(expr), field.name});
    query->fields.push_back(field);
  }
  query->from = std::move(source);
  return query;
}

QueryPtr EmptyQuery(const std::vector<OutputField>& fields) {
  auto query = std::make_unique<Query>();
  for (const OutputField& field : fields) {
    query->items.push_back({MakeCast(MakeNull(field.type), field.type, false), field.name});
    query->fields.push_back(field);
  }
  query->where = MakeCompare("=", MakeInteger(1), MakeInteger(0));
  return query;
}

void StateReader::Apply(Source& source) const {
  if (source.kind != SourceKind::kRelation) return;
  const auto state = states.find(StateKey(source.relation));
  if (state == states.end()) {
    QueryPtr expanded = view(source.relation);
    if (!expanded) return;
    Apply(*expanded);
    source.kind = SourceKind::kDerived;
    source.query = std::move(expanded);
    return;
  }
  if (state->second.is_empty) {
    source.query = EmptyQuery(fields(source.relation));
    source.kind = SourceKind::kDerived;
    return;
  }
  source.kind = SourceKind::kNamed;
  source.name_parts = {steps.NameOf(state->second.step)};
}

void StateReader::Apply(Query& query) const {
  ForEachPart(
      query, [this](Source& source) { Apply(source); }, [](Expr&) {});
}

void StateReader::Apply(Expr& expr) const {
  ForEachPart(
      expr, [this](Source& source) { Apply(source); }, [](Expr&) {});
}

}  // namespace datamigrate::relational
