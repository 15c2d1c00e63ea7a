// INSERT, UPDATE, DELETE and MERGE of a batch.
#include <algorithm>
#include <cctype>

#include "agent_engine/dialects/batch_translator.h"
#include "agent_engine/dialects/emit_write.h"
#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/pipeline.h"

namespace datamigrate::dialects {
namespace {

// As the table spells it, where it is known.
std::string SpelledName(const catalog::Table* table, const std::string& column) {
  const catalog::Column* found = table == nullptr ? nullptr : table->FindColumn(column);
  return found == nullptr ? column : found->name;
}

void DropQualifiers(relational::Expr& expr) {
  expr.qualifier.clear();
  relational::ForEachChild(expr, [](ExprPtr& child) { DropQualifiers(*child); });
}

}  // namespace

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
       {std::pair{Role::kTop, "TOP in a write"}, std::pair{Role::kCurrentOf, "WHERE CURRENT OF"}}) {
    if (node.Has(role)) return Refuse(node.Child(role) ? node.Child(role) : node, what, sink);
  }
  if (!node.Child(Role::kTarget).Is(NodeKind::kTableReference) &&
      !node.Child(Role::kTarget).Is(NodeKind::kVariableTable))
    return Refuse(node, "a target that is not a table", sink);
  return true;
}

// A text that is too long is left so: what the column's table refuses then, fails there too.
ExprPtr BatchTranslator::ToColumn(ExprPtr value, const catalog::Table* table,
                                  const std::string& column, DiagnosticSink& sink) {
  const catalog::Column* found = table == nullptr ? nullptr : table->FindColumn(column);
  if (found == nullptr) return value;
  const SqlType type = tsql::FromCatalogType(found->type);
  const bool is_null = value->kind == relational::ExprKind::kNull;
  const bool is_bounded = type.length != SqlType::kMax && type.length > 0;
  if (tsql::IsString(type.id) && tsql::IsString(value->type.id) && !is_null && is_bounded) {
    const int32_t longest = value->type.length;
    const bool is_literal = value->kind == relational::ExprKind::kString;
    if (is_literal) {
      // Blanks behind the last column are cut.
      while (value->text.size() > static_cast<size_t>(type.length) && value->text.ends_with(' '))
        value->text.pop_back();
    }
    if (!tsql::IsFixedString(type.id)) return value;
    const bool fits = longest != SqlType::kMax && longest <= type.length;
    if (is_literal ? value->text.size() > static_cast<size_t>(type.length) : !fits) return value;
    // char(n) is filled with blanks when it is assigned.
    return relational::MakeCast(std::move(value), type, false);
  }
  const bool are_bytes = tsql::IsBinary(type.id) && tsql::IsBinary(value->type.id) && !is_null;
  if (are_bytes && is_bounded && value->kind == relational::ExprKind::kBinary &&
      value->text.size() > static_cast<size_t>(type.length) * 2) {
    return value;
  }
  return relational::ConvertTo(std::move(value), type, sink);
}

std::string BatchTranslator::Insert(Node node, DiagnosticSink& sink) {
  if (!IsPlainWrite(node, sink)) return "";
  const Node target = node.Child(Role::kTarget);
  const catalog::Table* table = FindTarget(target);
  std::vector<std::string> columns = ColumnNames(node.Child(Role::kColumns));
  std::string sql = "insert into " + Target(TargetParts(target));
  const Node source = node.Child(Role::kSource);
  const std::string returning = Returning(node, table, sink);
  if (source.Is(NodeKind::kDefaultValues) && guard_.empty())
    return sql + DefaultValues(node, table, sink) + returning;
  if (!MayNumber(node, table, columns, sink)) return "";
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
  for (const std::string& column : columns)
    printed.push_back(Identifier(dialect_, SpelledName(table, column)));
  if (!printed.empty()) sql += " (" + Join(printed, ", ") + ")";
  if (columns.empty() && table != nullptr) {
    for (const catalog::Column& column : table->columns) columns.push_back(column.name);
  }
  std::string rows;
  if (source.Is(NodeKind::kValuesClause)) {
    rows = InsertRows(source, table, columns, sink);
  } else if (source.Is(NodeKind::kQuery) || source.Is(NodeKind::kSelectStatement)) {
    rows = InsertQuery(node, table, columns, sink);
  } else {
    Refuse(source ? source : node, "this source of rows", sink);
  }
  return rows.empty() ? "" : sql + rows + returning;
}

bool BatchTranslator::MatchesColumns(Node node, size_t values, const catalog::Table* table,
                                     const std::vector<std::string>& columns,
                                     DiagnosticSink& sink) {
  if (values == columns.size() || (table == nullptr && columns.empty())) return true;
  sink.Report({DiagnosticId::kColumnCountDiffers,
               node.span(),
               {"the row", std::to_string(values), std::to_string(columns.size())},
               "",
               "",
               "",
               {}});
  return false;
}

std::string BatchTranslator::InsertRows(Node source, const catalog::Table* table,
                                        const std::vector<std::string>& columns,
                                        DiagnosticSink& sink) {
  std::vector<std::string> rows;
  for (const Node row : source.Children(Role::kRow)) {
    std::vector<std::string> cells;
    const std::vector<Node> items = row.Children(Role::kItem);
    if (!MatchesColumns(row, items.size(), table, columns, sink)) return "";
    for (size_t i = 0; i < items.size(); ++i) {
      if (Lower(items[i].Text()) == "default") {
        cells.push_back("default");
        continue;
      }
      ExprPtr value =
          relational::LowerOverTable(Index(), nullptr, items[i], CopyVariables(), Options(), sink);
      if (i < columns.size()) value = ToColumn(std::move(value), table, columns[i], sink);
      cells.push_back(PrintExpr(std::move(value), sink));
    }
    rows.push_back("(" + Join(cells, ", ") + ")");
    if (guard_.empty()) continue;
    if (source.Children(Role::kRow).size() > 1 || std::ranges::count(cells, "default") > 0) {
      Refuse(source, "these rows behind IF", sink);
      return "";
    }
    return kBreak + ("select " + Join(cells, ", ")) + kBreak + "where " + guard_;
  }
  return std::string(" values") + kBreak + "    " +
         Join(rows, "," + std::string(1, kBreak) + "    ");
}

std::string BatchTranslator::InsertQuery(Node node, const catalog::Table* table,
                                         const std::vector<std::string>& columns,
                                         DiagnosticSink& sink) {
  relational::LoweringOptions options = Options();
  options.keep_order = false;
  relational::LoweredQuery lowered =
      relational::LowerSelect(Index(), node, CopyVariables(), options, sink);
  if (!lowered.query || sink.HasErrors()) return "";
  const bool is_open = std::ranges::any_of(lowered.query->items, [](const auto& item) {
    return item.expr->kind == relational::ExprKind::kStar;
  });
  if (!is_open && !MatchesColumns(node, lowered.query->fields.size(), table, columns, sink))
    return "";
  // Rows are told apart as the query gives them, before they take the columns' types.
  if (lowered.query->kind != relational::QueryKind::kSelect || lowered.query->distinct)
    lowered.query = relational::AsDerived(std::move(lowered.query), "source");
  for (size_t i = 0; i < lowered.query->items.size() && i < columns.size(); ++i) {
    ExprPtr& value = lowered.query->items[i].expr;
    if (value->kind != relational::ExprKind::kStar)
      value = ToColumn(std::move(value), table, columns[i], sink);
  }
  const std::string rows = PrintQuery(*lowered.query, sink);
  if (guard_.empty()) return kBreak + rows;
  return kBreak + ("select *" + (kBreak + ("from " + dialects::Block(rows)))) + " as source" +
         kBreak + "where " + guard_;
}

bool BatchTranslator::MayNumber(Node node, const catalog::Table* table,
                                const std::vector<std::string>& columns, DiagnosticSink& sink) {
  if (table == nullptr) return true;
  const std::string name = catalog::FoldName(table->name.name);
  const bool is_numbered = std::ranges::any_of(columns, [&](const std::string& column) {
    const catalog::Column* found = table->FindColumn(column);
    return found != nullptr && found->identity;
  });
  if (is_numbered && identity_insert_ != name)
    return Refuse(node, "a value for a column that numbers itself", sink);
  if (is_numbered) {
    numbered_by_hand_.insert(name);
  } else if (numbered_by_hand_.contains(name)) {
    sink.Report({DiagnosticId::kNumbersNotKept, node.span(), {table->name.name}, "", "", "", {}});
  }
  return true;
}

// One item of OUTPUT over the rows called `shown`; empty where it shows others.
std::string BatchTranslator::OutputItem(Node item, const std::string& shown,
                                        const catalog::Table& table, DiagnosticSink& sink) {
  const Node value = item.Child(Role::kValue);
  const std::string text = Lower(value.Text());
  if (value.Is(NodeKind::kStar)) return text == shown + ".*" ? "*" : "";
  catalog::Table rows = table;
  rows.name = {"", shown};
  DiagnosticSink own;
  ExprPtr expr = relational::LowerOverTable(Index(), &rows, value, CopyVariables(), Options(), own);
  const bool is_column = expr->kind == relational::ExprKind::kColumn;
  DropQualifiers(*expr);
  std::string printed = PrintExpr(std::move(expr), own);
  if (own.HasErrors()) return "";
  for (diagnostics::Diagnostic& diagnostic : own.Take()) sink.Report(std::move(diagnostic));
  if (const std::string_view alias = item.TokenText(Role::kAlias); !alias.empty())
    return printed + " as " + Identifier(dialect_, tsql::UnquoteName(alias));
  return is_column ? printed : printed + " as " + Identifier(dialect_, "value");
}

// OUTPUT shows the new rows of INSERT and UPDATE and the old ones of DELETE: what RETURNING shows.
std::string BatchTranslator::Returning(Node node, const catalog::Table* table,
                                       DiagnosticSink& sink) {
  const std::vector<Node> outputs = node.Children(Role::kOutput);
  if (outputs.empty()) return "";
  const std::string shown = node.Is(NodeKind::kDeleteStatement) ? "deleted" : "inserted";
  std::vector<std::string> items;
  const bool is_plain = outputs.size() == 1 && !outputs[0].Has(Role::kInto) && table != nullptr &&
                        dialect_.has_returning;
  for (const Node item :
       is_plain ? outputs[0].Child(Role::kSelectList).Children(Role::kItem) : std::vector<Node>{}) {
    std::string text = OutputItem(item, shown, *table, sink);
    if (text.empty()) break;
    items.push_back(std::move(text));
  }
  const size_t count =
      is_plain ? outputs[0].Child(Role::kSelectList).Children(Role::kItem).size() : 0;
  if (is_plain && items.size() == count) return kBreak + ("returning " + Join(items, ", "));
  Refuse(outputs[0], "this OUTPUT clause", sink);
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
  if (!where && guard_.empty())
    return dialect_.writes_need_where ? kBreak + std::string("where true") : "";
  if (!where) return kBreak + ("where " + guard_);
  const std::string condition = PrintExpr(
      relational::LowerOverTable(Index(), table, where, CopyVariables(), Options(), sink), sink);
  if (guard_.empty()) return kBreak + ("where " + condition);
  return kBreak + ("where (" + guard_ + ")") + kBreak + "    and (" + condition + ")";
}

std::string BatchTranslator::Update(Node node, DiagnosticSink& sink) {
  if (!IsPlainWrite(node, sink)) return "";
  const Node target = node.Child(Role::kTarget);
  if (node.Has(Role::kFrom)) return Modify(node, sink);
  const catalog::Table* table = FindTarget(target);
  if (node.Has(Role::kWith)) return Modify(node, sink);
  if (table == nullptr) {
    return RefuseTarget(target, sink);
  }
  std::vector<std::string> sets;
  for (const Node set : node.Children(Role::kSet)) {
    const Node column = set.Child(Role::kTarget);
    if (!column.Is(NodeKind::kColumnReference) || set.Children(Role::kTarget).size() != 1) {
      Refuse(set, "this assignment", sink);
      return "";
    }
    const std::string name = SpelledName(table, PartsOf(column.Child(Role::kName)).back());
    if (Lower(set.Child(Role::kValue).Text()) == "default") {
      sets.push_back(Identifier(dialect_, name) + " = default");
      continue;
    }
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
  const std::string where = Where(node, table, sink);
  return "update " + Target(TargetParts(target)) + kBreak + "set " +
         Join(sets, "," + std::string(1, kBreak) + "    ") + where + Returning(node, table, sink);
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
  const std::string where = Where(node, table, sink);
  return "delete from " + Target(TargetParts(target)) + where + Returning(node, table, sink);
}

}  // namespace datamigrate::dialects
