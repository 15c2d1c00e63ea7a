#include "agent_engine/dbt/project_names.h"

#include <algorithm>
#include <map>
#include <vector>

#include "agent_engine/dbt/identifiers.h"

namespace datamigrate::dbt {
namespace {

using catalog::FoldName;
using catalog::ObjectName;

const std::string& Find(const absl::flat_hash_map<std::string, std::string>& names,
                        const std::string& key) {
  static const std::string kNone;
  const auto found = names.find(key);
  return found == names.end() ? kNone : found->second;
}

// Keys and wishes, each key once, in the keys' order.
class NameWishes {
 public:
  void Add(std::string key, std::string wish) { wishes_.emplace(std::move(key), std::move(wish)); }

  absl::flat_hash_map<std::string, std::string> Decide() const {
    std::vector<std::string> keys, wishes;
    for (const auto& [key, wish] : wishes_) {
      keys.push_back(key);
      wishes.push_back(ShortenName(wish, kMaxNameBytes));
    }
    const std::vector<std::string> names = MakeUnique(wishes, keys);
    absl::flat_hash_map<std::string, std::string> decided;
    for (size_t i = 0; i < keys.size(); ++i) decided.emplace(keys[i], names[i]);
    return decided;
  }

 private:
  std::map<std::string, std::string> wishes_;
};

// The one or two parts of a synonym's target, without quotes; empty for another server or database.
ObjectName SynonymTarget(std::string_view text) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size(); ++i) {
    const char close = text[i] == '[' ? ']' : text[i] == '"' ? '"' : '\0';
    if (text[i] == '.') {
      parts.emplace_back();
    } else if (close == '\0') {
      parts.back() += text[i];
    } else {
      for (++i; i < text.size(); ++i) {
        if (text[i] == close && (i + 1 == text.size() || text[i + 1] != close)) break;
        if (text[i] == close) ++i;
        parts.back() += text[i];
      }
    }
  }
  if (parts.size() > 2) return {};
  return parts.size() == 2 ? ObjectName{parts[0], parts[1]} : ObjectName{"", parts[0]};
}

}  // namespace

std::string ObjectKey(const ObjectName& name) {
  return FoldName(name.schema.empty() ? "dbo" : name.schema) + "\x1f" + FoldName(name.name);
}

ProjectNames::ProjectNames(const catalog::CatalogIndex& index, dialects::Target target)
    : index_(index), target_(target) {
  NameSchemas();
  NameSourceTables();
  NameModels();
}

void ProjectNames::NameSchemas() {
  NameWishes wishes;
  const auto add = [&](const std::string& schema) {
    wishes.Add(FoldName(schema.empty() ? "dbo" : schema),
               ShortenName(SnakeCase(schema.empty() ? "dbo" : schema), 40));
  };
  const catalog::Catalog& catalog = index_.catalog();
  for (const std::string& schema : catalog.schemas) add(schema);
  for (const auto& table : catalog.tables) add(table.name.schema);
  for (const auto& view : catalog.views) add(view.name.schema);
  for (const auto& routine : catalog.routines) add(routine.name.schema);
  for (const auto& trigger : catalog.triggers) add(trigger.name.schema);
  schemas_ = wishes.Decide();
}

void ProjectNames::NameSourceTables() {
  std::map<std::string, NameWishes> per_schema;
  for (const auto& table : index_.catalog().tables) {
    per_schema[Schema(table.name.schema)].Add(ObjectKey(table.name), SnakeCase(table.name.name));
  }
  for (const auto& [schema, wishes] : per_schema) {
    for (auto& [key, name] : wishes.Decide()) source_tables_.emplace(key, name);
  }
}

void ProjectNames::NameModels() {
  NameWishes wishes;
  const auto add = [&](const ObjectName& name, std::string_view prefix) {
    wishes.Add(ObjectKey(name),
               std::string(prefix) + Schema(name.schema) + "__" + SnakeCase(name.name));
  };
  const catalog::Catalog& catalog = index_.catalog();
  for (const auto& table : catalog.tables) add(table.name, "stg_");
  for (const auto& view : catalog.views) add(view.name, "");
  for (const auto& routine : catalog.routines) add(routine.name, "");
  models_ = wishes.Decide();
}

const std::string& ProjectNames::Schema(std::string_view schema) const {
  return Find(schemas_, FoldName(schema.empty() ? "dbo" : schema));
}

const std::string& ProjectNames::SourceTable(const ObjectName& table) const {
  return Find(source_tables_, ObjectKey(table));
}

const std::string& ProjectNames::ModelOf(const ObjectName& object) const {
  return Find(models_, ObjectKey(object));
}

bool ProjectNames::IsModel(std::string_view model) const {
  return std::ranges::any_of(models_, [&](const auto& named) { return named.second == model; });
}

ObjectName ProjectNames::Resolve(const ObjectName& name) const {
  constexpr int kMaxSynonymSteps = 8;
  ObjectName current = name;
  for (int step = 0; step < kMaxSynonymSteps; ++step) {
    if (const auto* table = index_.FindTable(current.schema, current.name)) return table->name;
    if (const auto* view = index_.FindView(current.schema, current.name)) return view->name;
    const auto* synonym = index_.FindSynonym(current.schema, current.name);
    if (synonym == nullptr) return {};
    current = SynonymTarget(synonym->target);
  }
  return {};
}

dialects::RelationNamer ProjectNames::Namer() const {
  return [this](const ObjectName& name) {
    const ObjectName resolved = Resolve(name);
    if (resolved.name.empty()) return dialects::QuotedRelationNamer(target_)(name);
    return "{{ ref('" + ModelOf(resolved) + "') }}";
  };
}

}  // namespace datamigrate::dbt
