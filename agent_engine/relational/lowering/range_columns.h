// The columns of the tables, views, sub-queries, ... of a FROM clause.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "agent_engine/catalog/catalog.h"
#include "agent_engine/tsql/binder/sql_type.h"

namespace datamigrate::relational {

struct RangeColumn {
  std::string name;
  tsql::SqlType type;
};

// Columns in order. Copies share them: many queries use the same table.
class RangeColumns {
 public:
  RangeColumns() = default;
  RangeColumns(std::vector<RangeColumn> columns)  // NOLINT: a list of columns is what it stands for
      : columns_(std::make_shared<std::vector<RangeColumn>>(std::move(columns))) {}
  RangeColumns(std::initializer_list<RangeColumn> columns)
      : RangeColumns(std::vector<RangeColumn>(columns)) {}

  auto begin() const { return List().begin(); }
  auto end() const { return List().end(); }
  size_t size() const { return List().size(); }
  bool empty() const { return List().empty(); }
  const RangeColumn& operator[](size_t index) const { return List()[index]; }
  // The first column of that name; null when there is none.
  const RangeColumn* Find(std::string_view name) const;
  // Gives this copy columns that may be NULL.
  void MakeNullable();

 private:
  const std::vector<RangeColumn>& List() const;

  std::shared_ptr<const std::vector<RangeColumn>> columns_;
};

// Sets of columns that each identify a row.
using RangeKeys = std::vector<std::vector<std::string>>;

// What the lowering has worked out about the tables and views of one catalog. Thread-safe.
class RelationFacts : public catalog::DerivedFacts {
 public:
  struct Relation {
    RangeColumns columns;
    std::shared_ptr<const RangeKeys> keys;
  };

  // Those of the catalog that has the relation, a catalog::Table or catalog::View.
  template <typename Object>
  static RelationFacts& Of(const catalog::CatalogIndex& catalog, const Object& relation) {
    return static_cast<RelationFacts&>(catalog.HomeOf(relation).Facts(Make));
  }

  // By the address of the object in its catalog; null before it is remembered.
  std::shared_ptr<const Relation> Find(const void* relation) const;
  std::shared_ptr<const Relation> Remember(const void* relation, Relation facts);

 private:
  static std::unique_ptr<catalog::DerivedFacts> Make() { return std::make_unique<RelationFacts>(); }

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<const void*, std::shared_ptr<const Relation>> relations_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::relational
