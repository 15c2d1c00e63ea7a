// The rows of a dialect's tables, by name.
#pragma once

#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent_engine/dialects/dialect.h"

namespace datamigrate::dialects {

// Built once for each dialect.
class TableIndex {
 public:
  static const TableIndex& Of(const Dialect& dialect);

  explicit TableIndex(const Dialect& dialect);

  // The row for the function: one for the type of its first argument before one for any type, the
  // dialect's own before those that it shares, one for the date part before one for all parts that
  // have a name in the target. Null when there is none.
  const FunctionRule* FindFunction(std::string_view name, size_t arity, TypeClass first) const;
  // `lower` is lower case.
  bool IsReserved(std::string_view lower) const { return reserved_words_.contains(lower); }

 private:
  using Rules = absl::flat_hash_map<std::string_view, std::vector<const FunctionRule*>>;

  const FunctionRule* FindIn(const Rules& rules, std::string_view name, size_t arity,
                             TypeClass first) const;

  const Dialect& dialect_;
  Rules own_;
  Rules shared_;
  absl::flat_hash_set<std::string_view> reserved_words_;
};

}  // namespace datamigrate::dialects
