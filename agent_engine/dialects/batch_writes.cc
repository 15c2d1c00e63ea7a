// INSERT, UPDATE, DELETE and MERGE of a batch.
#include <algorithm>
#include <cctype>

#include "agent_engine/dialects/batch_translator.h"
#include "agent_engine/dialects/emit_write.h"
#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/pipeline.h"

namespace datamigrate::dialects {

std::string BatchTranslator::Merge(Node node, DiagnosticSink& sink) {
  relational::LoweredMerge merge =
      relational::LowerMerge(Index(), node, CopyVariables(), Options(), sink);
  if (merge.table == nullptr || sink.HasErrors()) return "";
  if (!dialect_.supports_merge) {
    Refuse(node, "MERGE on its own", sink);
    return "";
  }
  MarkStale();
  const std::string target = namer_(merge.table->name);
  return WriteEmitter(dialect_, namer_, Collation(), sink).Merge(merge, target, node.span());
}

const catalog::Table* BatchTranslator::FindTarget(Node target) {
  if (!target.Is(NodeKind::kTableReference) && !target.Is(NodeKind::kVariableTable)) return nullptr;
  const std::vector<std::string> parts = TargetParts(target);
  return Index().FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
}

std::vector<std::string> BatchTranslator::TargetParts(Node target) {
  if (target.Is(NodeKind::kVariableTable)) return {std::string(target.TokenText(Role::kValue))};
  return PartsOf(target.Child(Role::kName));
}

bool BatchTranslator::IsPlainWrite(Node node, DiagnosticSink& sink) {
  MarkStale();
  for (const auto& [role, what] :
       {std::pair{Role::kTop, "TOP in a write"}, std::pair{Role::kOutput, "the OUTPUT clause"},
        std::pair{Role::kCurrentOf, "WHERE CURRENT OF"}}) {
    if (node.Has(role)) return Refuse(node.Child(role) ? node.Child(role) : node, what, sink);
  }
  if (!node.Child(Role::kTarget).Is(NodeKind::kTableReference) &&
      !node.Child(Role::kTarget).Is(NodeKind::kVariableTable))
    return Refuse(node, "a target that is not a table", sink);
  return true;
}

ExprPtr BatchTranslator::ToColumn(ExprPtr value, const catalog::Table* table,
                                  const std::string& column, DiagnosticSink& sink) {
  const catalog::Column* found = table == nullptr ? nullptr : table->FindColumn(column);
  if (found == nullptr) return value;
  const SqlType type = tsql::FromCatalogType(found->type);
  // char(n) is filled with blanks when it is assigned.
  const bool pads = tsql::IsFixedString(type.id) && tsql::IsString(value->type.id) &&
                    value->kind != relational::ExprKind::kNull;
  if (pads) return relational::MakeCast(std::move(value), type, false);
  return relational::ConvertTo(std::move(value), type, sink);
}

std::string BatchTranslator::Insert(Node node, DiagnosticSink& sink) {
  if (!IsPlainWrite(node, sink)) return "";
  const Node target = node.Child(Role::kTarget);
  const catalog::Table* table = FindTarget(target);
  std::vector<std::string> columns = ColumnNames(node.Child(Role::kColumns));
  std::string sql = "insert into " + Target(TargetParts(target));
  const Node source = node.Child(Role::kSource);
  if (source.Is(NodeKind::kDefaultValues)) return sql + DefaultValues(node, table, sink);
  // Without a list the values go to all columns but the one that numbers itself.
  const auto fills_itself = [](const catalog::Column& column) {
    return column.identity || !column.computed_expression.empty();
  };
  if (columns.empty() && table != nullptr && std::ranges::any_of(table->columns, fills_itself)) {
    for (const catalog::Column& column : table->columns) {
      if (!fills_itself(column)) columns.push_back(column.name);
    }
  }
  std::vector<std::string> printed;
  for (const std::string& column : columns) printed.push_back(Identifier(dialect_, column));
  if (!printed.empty()) sql += " (" + Join(printed, ", ") + ")";
  if (columns.empty() && table != nullptr) {
    for (const catalog::Column& column : table->columns) columns.push_back(column.name);
  }
  if (source.Is(NodeKind::kValuesClause)) {
    std::vector<std::string> rows;
    for (const Node row : source.Children(Role::kRow)) {
      std::vector<std::string> cells;
      const std::vector<Node> items = row.Children(Role::kItem);
      for (size_t i = 0; i < items.size(); ++i) {
        if (Lower(items[i].Text()) == "default") {
          cells.push_back("default");
          continue;
        }
        ExprPtr value = relational::LowerOverTable(Index(), nullptr, items[i], CopyVariables(),
                                                   Options(), sink);
        if (i < columns.size()) value = ToColumn(std::move(value), table, columns[i], sink);
        cells.push_back(PrintExpr(std::move(value), sink));
      }
      rows.push_back("(" + Join(cells, ", ") + ")");
    }
    return sql + " values" + kBreak + "    " + Join(rows, "," + std::string(1, kBreak) + "    ");
  }
  if (source.Is(NodeKind::kQuery) || source.Is(NodeKind::kSelectStatement)) {
    relational::LoweringOptions options = Options();
    options.keep_order = false;
    relational::LoweredQuery lowered =
        relational::LowerSelect(Index(), node, CopyVariables(), options, sink);
    if (!lowered.query || sink.HasErrors()) return "";
    for (size_t i = 0; i < lowered.query->items.size() && i < columns.size(); ++i) {
      ExprPtr& value = lowered.query->items[i].expr;
      if (value->kind != relational::ExprKind::kStar)
        value = ToColumn(std::move(value), table, columns[i], sink);
    }
    return sql + kBreak + PrintQuery(*lowered.query, sink);
  }
  Refuse(source ? source : node, "this source of rows", sink);
  return "";
}

// A row of defaults, column by column where the dialect has no words for it.
std::string BatchTranslator::DefaultValues(Node node, const catalog::Table* table,
                                           DiagnosticSink& sink) {
  if (dialect_.supports_default_rows) return " default values";
  if (table == nullptr) {
    Refuse(node, "DEFAULT VALUES of a table that is not known", sink);
    return "";
  }
  std::vector<std::string> columns;
  for (const catalog::Column& column : table->columns) {
    if (!column.identity && column.computed_expression.empty())
      columns.push_back(Identifier(dialect_, column.name));
  }
  const std::vector<std::string> defaults(columns.size(), "default");
  return " (" + Join(columns, ", ") + ") values (" + Join(defaults, ", ") + ")";
}

std::string BatchTranslator::Where(Node node, const catalog::Table* table, DiagnosticSink& sink) {
  const Node where = node.Child(Role::kWhere);
  if (!where) return dialect_.writes_need_where ? kBreak + std::string("where true") : "";
  return kBreak + std::string("where ") +
         PrintExpr(
             relational::LowerOverTable(Index(), table, where, CopyVariables(), Options(), sink),
             sink);
}

std::string BatchTranslator::Update(Node node, DiagnosticSink& sink) {
  if (!IsPlainWrite(node, sink)) return "";
  const Node target = node.Child(Role::kTarget);
  if (node.Has(Role::kFrom)) return Modify(node, sink);
  const catalog::Table* table = FindTarget(target);
  if (table == nullptr) {
    return RefuseTarget(target, sink);
  }
  if (node.Has(Role::kWith)) return Modify(node, sink);
  std::vector<std::string> sets;
  for (const Node set : node.Children(Role::kSet)) {
    const Node column = set.Child(Role::kTarget);
    if (!column.Is(NodeKind::kColumnReference) || set.Children(Role::kTarget).size() != 1) {
      Refuse(set, "this assignment", sink);
      return "";
    }
    const std::string name = PartsOf(column.Child(Role::kName)).back();
    ExprPtr value = relational::LowerOverTable(Index(), table, set.Child(Role::kValue),
                                               CopyVariables(), Options(), sink);
    std::string op;
    for (const tsql::Token* token : set.TokensOf(Role::kOperator)) op += set.tree().TextOf(*token);
    if (op.size() > 1) {
      ExprPtr old =
          relational::LowerOverTable(Index(), table, column, CopyVariables(), Options(), sink);
      value = relational::Combine(op.substr(0, op.size() - 1), std::move(old), std::move(value),
                                  set, Options(), sink);
    }
    sets.push_back(Identifier(dialect_, name) + " = " +
                   PrintExpr(ToColumn(std::move(value), table, name, sink), sink));
  }
  return "update " + Target(TargetParts(target)) + kBreak + "set " +
         Join(sets, "," + std::string(1, kBreak) + "    ") + Where(node, table, sink);
}

std::string BatchTranslator::Modify(Node node, DiagnosticSink& sink) {
  relational::LoweredModification lowered =
      relational::LowerModification(Index(), node, CopyVariables(), Options(), sink);
  if (lowered.table == nullptr || sink.HasErrors()) return "";
  if (dialect_.row_identity.empty() && lowered.table->PrimaryKey() == nullptr) {
    Refuse(node, "FROM or WITH in a write of a table without a primary key", sink);
    return "";
  }
  WriteEmitter emitter(dialect_, namer_, Collation(), sink);
  const std::string target = namer_(lowered.table->name);
  return node.Is(NodeKind::kUpdateStatement) ? emitter.Update(lowered, target)
                                             : emitter.Delete(lowered, target);
}

std::string BatchTranslator::Delete(Node node, DiagnosticSink& sink) {
  if (!IsPlainWrite(node, sink)) return "";
  if (node.Has(Role::kFrom) || node.Has(Role::kWith)) return Modify(node, sink);
  const Node target = node.Child(Role::kTarget);
  const catalog::Table* table = FindTarget(target);
  if (table == nullptr && node.Has(Role::kWhere)) {
    return RefuseTarget(target, sink);
  }
  return "delete from " + Target(TargetParts(target)) + Where(node, table, sink);
}

}  // namespace datamigrate::dialects
