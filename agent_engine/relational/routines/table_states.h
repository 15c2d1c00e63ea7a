// What tables hold while a routine is followed, and the steps that put it there.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/relational/query.h"
#include "common/diagnostics/source_file.h"

namespace datamigrate::relational {

struct TableState {
  bool is_empty = false;
  bool is_dropped = false;  // By DROP TABLE; empty, too.
  size_t step = 0;          // Of Steps, where it is not empty.
  bool operator==(const TableState&) const = default;
};
// By folded "schema.name"; a table that is missing is as it was before the routine.
using TableStates = std::map<std::string, TableState>;

std::string StateKey(const catalog::ObjectName& table);

// The columns of a table in order, for a table that is empty.
using FieldFinder = std::function<std::vector<OutputField>(const catalog::ObjectName&)>;
// The query of a view that reads tables with a state; null for views that do not, and for tables.
using ViewReader = std::function<QueryPtr(const catalog::ObjectName&)>;

class Steps {
 public:
  // Names that common tables of the routine's own statements have; steps get others.
  void Reserve(const std::string& name) { taken_.insert(catalog::FoldName(name)); }
  // Adds a step and returns its index; `name` is a wish.
  size_t Add(const std::string& name, QueryPtr query);
  // Gives a step another query; `reads_itself` where it is recursive.
  void Put(size_t step, QueryPtr query, bool reads_itself);
  // The step of that name.
  std::optional<size_t> Find(const std::string& name) const;
  size_t count() const { return steps_.size(); }
  const std::string& NameOf(size_t step) const { return steps_[step].name; }
  const Query& QueryOf(size_t step) const { return *steps_[step].query; }
  // `query` with the steps that it reads, directly or through others, as common tables.
  QueryPtr Complete(QueryPtr query) const;
  // Every step that `query` reads, directly or through others.
  std::set<size_t> ReadBy(const Query& query) const;

 private:
  std::vector<CommonTable> steps_;
  std::map<std::string, size_t> by_name_;
  std::set<size_t> recursive_;
  std::set<std::string> taken_;
};

// Makes every source that reads a table with a state read that state instead.
struct StateReader {
  const TableStates& states;
  const Steps& steps;
  FieldFinder fields;
  ViewReader view;

  void Apply(Source& source) const;
  void Apply(Query& query) const;
  void Apply(Expr& expr) const;
};

// SELECT NULL, ... without rows.
QueryPtr EmptyQuery(const std::vector<OutputField>& fields);
// SELECT the fields FROM source.
QueryPtr SelectFrom(SourcePtr source, const std::vector<OutputField>& fields);
SourcePtr StepSource(const std::string& step);

}  // namespace datamigrate::relational
