// Which columns of the catalog's relations each column of a query comes from, and which decide its
// rows. The words are those of OpenLineage's "Column Level Lineage Dataset Facet".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/relational/query.h"

namespace datamigrate::relational {

// How a value gets from the input to the output.
enum class DirectUse : uint8_t { kIdentity, kTransformation, kAggregation };
// How an input decides which rows there are, or their order.
enum class IndirectUse : uint8_t { kJoin, kGroupBy, kFilter, kSort, kWindow, kConditional };

// "IDENTITY", "JOIN", …: the subtypes of the facet.
std::string_view UseName(DirectUse use);
std::string_view UseName(IndirectUse use);

struct ColumnOrigin {
  catalog::ObjectName relation;
  std::string column;
  DirectUse use = DirectUse::kIdentity;

  bool operator==(const ColumnOrigin&) const = default;
};

struct RowOrigin {
  catalog::ObjectName relation;
  std::string column;
  IndirectUse use = IndirectUse::kFilter;

  bool operator==(const RowOrigin&) const = default;
};

struct FieldLineage {
  std::string name;
  std::vector<ColumnOrigin> origins;  // Each once, in order of first use.
  std::vector<RowOrigin> conditions;  // Of CASE, IIF and windows: they decide this value alone.
};

struct QueryLineage {
  std::vector<FieldLineage> fields;  // As many as the query has, in order.
  std::vector<RowOrigin> rows;       // What decides the rows of the whole; each once.
};

// The lineage of a lowered query, before rewrites. Relations that the catalog lacks have no origins.
QueryLineage TraceLineage(const catalog::CatalogIndex& catalog, Query& query);

}  // namespace datamigrate::relational
