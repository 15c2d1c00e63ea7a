#include "agent_engine/relational/routines/sequence_columns.h"

#include <algorithm>
#include <functional>
#include <set>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/relational/lowering/sequence_names.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::relational {
namespace {

using catalog::FoldName;

bool MayDraw(const std::string& text) {
  return UpperText(text).find("NEXT VALUE") != std::string::npos;
}

// Looks through the statements of one routine.
class InsertReader {
 public:
  InsertReader(const catalog::CatalogIndex& catalog, const std::string& last_number,
               std::vector<NumberColumn>& found)
      : catalog_(catalog), last_number_(last_number), found_(found) {}

  void Read(Node root) {
    CollectVariables(root);
    Visit(root);
  }

 private:
  bool IsDraw(Node value) const {
    return value.Is(NodeKind::kNextValueFor) && LastNumberVariable(value) == last_number_;
  }

  bool HoldsNumber(Node value) const {
    return IsDraw(value) || (value.Is(NodeKind::kVariableReference) &&
                             variables_.contains(FoldName(value.TokenText(Role::kValue))));
  }

  void CollectVariables(Node node) {
    if (!node) return;
    if (IsDraw(node.Child(Role::kValue))) {
      for (const Role role : {Role::kName, Role::kTarget}) {
        const std::string name = FoldName(node.TokenText(role));
        if (name.starts_with('@')) variables_.insert(name);
      }
    }
    for (const Node child : node.Children()) CollectVariables(child);
  }

  void Visit(Node node) {
    if (!node) return;
    if (node.Is(NodeKind::kInsertStatement)) ReadInsert(node);
    for (const Node child : node.Children()) Visit(child);
  }

  void ReadInsert(Node insert) {
    const Node target = insert.Child(Role::kTarget);
    if (!target.Is(NodeKind::kTableReference)) return;
    const std::vector<std::string> parts = NamePartsOf(target.Child(Role::kName));
    const catalog::Table* table =
        catalog_.FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
    if (table == nullptr) return;
    std::vector<std::string> columns;
    for (const Node item : insert.Child(Role::kColumns).Children(Role::kItem))
      columns.push_back(tsql::UnquoteName(item.TokenText(Role::kPart)));
    if (columns.empty()) {
      for (const catalog::Column& column : table->columns) {
        if (!column.identity && column.computed_expression.empty() && !column.hidden)
          columns.push_back(column.name);
      }
    }
    const Node source = insert.Child(Role::kSource);
    for (const Node row : source.Children(Role::kRow))
      ReadItems(row.Children(Role::kItem), *table, columns);
    Node query = source.Is(NodeKind::kSelectStatement) ? source.Child(Role::kQuery) : source;
    if (!query.Is(NodeKind::kQuery)) return;
    std::vector<Node> values;
    for (const Node item : query.Child(Role::kBody).Child(Role::kSelectList).Children(Role::kItem))
      values.push_back(item.Child(Role::kValue));
    ReadItems(values, *table, columns);
  }

  void ReadItems(const std::vector<Node>& values, const catalog::Table& table,
                 const std::vector<std::string>& columns) {
    for (size_t i = 0; i < values.size() && i < columns.size(); ++i) {
      if (HoldsNumber(values[i])) found_.push_back({table.name, columns[i]});
    }
  }

  const catalog::CatalogIndex& catalog_;
  const std::string& last_number_;
  std::vector<NumberColumn>& found_;
  std::set<std::string> variables_;
};

void ReadDefaults(const catalog::Table& table, const std::string& last_number,
                  std::vector<NumberColumn>& found) {
  for (const catalog::Column& column : table.columns) {
    if (!MayDraw(column.default_expression)) continue;
    diagnostics::DiagnosticSink ignored;
    const tsql::ParseResult parsed =
        tsql::ParseExpression(column.default_expression, false, {}, ignored);
    std::vector<Node> draws;
    if (parsed.ok) CollectDraws(parsed.tree.Root(), draws);
    const bool draws_it = std::ranges::any_of(
        draws, [&](Node draw) { return LastNumberVariable(draw) == last_number; });
    if (draws_it) found.push_back({table.name, column.name});
  }
}

bool IsKey(const catalog::CatalogIndex& catalog, const NumberColumn& place) {
  const catalog::Table* table = catalog.FindTable(place.table.schema, place.table.name);
  return table != nullptr &&
         std::ranges::any_of(table->keys, [&](const catalog::KeyConstraint& key) {
           return key.columns.size() == 1 &&
                  FoldName(key.columns[0].name) == FoldName(place.column);
         });
}

}  // namespace

void CollectDraws(Node node, std::vector<Node>& draws) {
  if (!node) return;
  if (node.Is(NodeKind::kNextValueFor)) draws.push_back(node);
  for (const Node child : node.Children()) CollectDraws(child, draws);
}

int64_t CountOfDraws(Node statement) {
  if (statement.Is(NodeKind::kInsertStatement)) {
    const Node source = statement.Child(Role::kSource);
    if (source.Is(NodeKind::kValuesClause))
      return static_cast<int64_t>(source.Children(Role::kRow).size());
    const Node query = source.Is(NodeKind::kQuery) ? source : source.Child(Role::kQuery);
    return query.Child(Role::kBody).Has(Role::kFrom) ? 0 : 1;
  }
  if (!statement.Is(NodeKind::kSelectStatement)) return 1;
  return statement.Child(Role::kQuery).Child(Role::kBody).Has(Role::kFrom) ? 0 : 1;
}

std::vector<NumberColumn> ColumnsOfSequence(const catalog::CatalogIndex& catalog,
                                            const std::string& last_number) {
  std::vector<NumberColumn> found;
  for (const catalog::Table& table : catalog.catalog().tables)
    ReadDefaults(table, last_number, found);
  for (const catalog::Routine& routine : catalog.catalog().routines) {
    if (!MayDraw(routine.definition)) continue;
    diagnostics::DiagnosticSink ignored;
    const tsql::ParseResult parsed = tsql::ParseBatch(routine.definition, {}, ignored);
    if (parsed.ok) InsertReader(catalog, last_number, found).Read(parsed.tree.Root());
  }
  std::vector<NumberColumn> once;
  for (NumberColumn& column : found) {
    const bool is_known = std::ranges::any_of(once, [&](const NumberColumn& known) {
      return known.table == column.table && FoldName(known.column) == FoldName(column.column);
    });
    if (!is_known) once.push_back(std::move(column));
  }
  // Beside a key that they number, other columns only refer to them.
  const auto is_key = [&](const NumberColumn& place) { return IsKey(catalog, place); };
  if (std::ranges::any_of(once, is_key)) std::erase_if(once, std::not_fn(is_key));
  return once;
}

}  // namespace datamigrate::relational
