#include "agent_engine/catalog/catalog.h"

#include <algorithm>
#include <array>
#include <functional>

#include "absl/strings/str_cat.h"

namespace datamigrate::catalog {
namespace {

std::string LengthText(int32_t length) {
  return length == DataType::kMax ? "(max)" : absl::StrCat("(", length, ")");
}

template <typename Names>
bool Contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Types whose scale is a count of fractional digits of a second.
bool HasFractionDigits(const std::string& name) {
  static constexpr std::array<std::string_view, 3> kNames = {"datetime2", "datetimeoffset", "time"};
  return Contains(kNames, name);
}

std::string Key(std::string_view schema, std::string_view name) {
  return FoldName(schema.empty() ? "dbo" : schema) + '\x1f' + FoldName(name);
}

template <typename Object, typename Map>
void Fill(const std::vector<Object>& objects, Map& by_name) {
  by_name.reserve(objects.size());
  for (const Object& object : objects) {
    by_name.emplace(Key(object.name.schema, object.name.name), &object);
  }
}

template <typename Object>
bool Holds(const std::vector<Object>& objects, const Object& object) {
  const std::less<> before;
  return !objects.empty() && !before(&object, objects.data()) &&
         before(&object, objects.data() + objects.size());
}

template <typename Map>
auto Find(const Map& by_name, std::string_view schema, std::string_view name) ->
    typename Map::mapped_type {
  const auto found = by_name.find(Key(schema, name));
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace

std::string DataType::ToString() const {
  if (name == "decimal" || name == "numeric") {
    return absl::StrCat(name, "(", precision, ", ", scale, ")");
  }
  if (name == "float" && precision != 53 && precision != 0) {
    return absl::StrCat(name, "(", precision, ")");
  }
  if (HasFractionDigits(name)) return absl::StrCat(name, "(", scale, ")");
  return length == 0 ? name : name + LengthText(length);
}

const Column* Table::FindColumn(std::string_view column) const {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& candidate) {
    return EqualNames(candidate.name, column);
  });
  return found == columns.end() ? nullptr : &*found;
}

const KeyConstraint* Table::PrimaryKey() const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [](const KeyConstraint& key) { return key.primary; });
  return found == keys.end() ? nullptr : &*found;
}

CatalogIndex::CatalogIndex(const Catalog& catalog) : catalog_(catalog) {
  Fill(catalog.tables, tables_);
  Fill(catalog.views, views_);
  Fill(catalog.routines, routines_);
  Fill(catalog.synonyms, synonyms_);
  Fill(catalog.user_types, user_types_);
}

CatalogIndex::CatalogIndex(const CatalogIndex& outer, const Catalog& own) : CatalogIndex(own) {
  outer_ = &outer;
}

const CatalogIndex& CatalogIndex::HomeOf(const Table& table) const {
  return outer_ == nullptr || Holds(catalog_.tables, table) ? *this : outer_->HomeOf(table);
}

const CatalogIndex& CatalogIndex::HomeOf(const View& view) const {
  return outer_ == nullptr || Holds(catalog_.views, view) ? *this : outer_->HomeOf(view);
}

DerivedFacts& CatalogIndex::Facts(std::unique_ptr<DerivedFacts> (*make)()) const {
  std::call_once(facts_made_, [&] { facts_ = make(); });
  return *facts_;
}

const Table* CatalogIndex::FindTable(std::string_view schema, std::string_view name) const {
  const Table* own = Find(tables_, schema, name);
  return own == nullptr && outer_ != nullptr ? outer_->FindTable(schema, name) : own;
}

const View* CatalogIndex::FindView(std::string_view schema, std::string_view name) const {
  const View* own = Find(views_, schema, name);
  return own == nullptr && outer_ != nullptr ? outer_->FindView(schema, name) : own;
}

const Routine* CatalogIndex::FindRoutine(std::string_view schema, std::string_view name) const {
  const Routine* own = Find(routines_, schema, name);
  return own == nullptr && outer_ != nullptr ? outer_->FindRoutine(schema, name) : own;
}

const Synonym* CatalogIndex::FindSynonym(std::string_view schema, std::string_view name) const {
  const Synonym* own = Find(synonyms_, schema, name);
  return own == nullptr && outer_ != nullptr ? outer_->FindSynonym(schema, name) : own;
}

const UserType* CatalogIndex::FindUserType(std::string_view schema, std::string_view name) const {
  const UserType* own = Find(user_types_, schema, name);
  return own == nullptr && outer_ != nullptr ? outer_->FindUserType(schema, name) : own;
}

}  // namespace datamigrate::catalog
