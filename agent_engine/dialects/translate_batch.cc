// Statements on their own: what `datamigrate transpile` does. Tables that the batch creates are
// known to the statements after it.
#include <algorithm>

#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/pipeline.h"
#include "agent_engine/dialects/translate.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::dialects {
namespace {

using diagnostics::DiagnosticId;
using diagnostics::DiagnosticSink;
using relational::ExprPtr;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;
using tsql::SqlType;

// One empty part for an absent name.
std::vector<std::string> PartsOf(Node name) {
  std::vector<std::string> parts = tsql::NameParts(name);
  if (parts.empty()) parts.emplace_back();
  return parts;
}

constexpr char kBatchTable[] = "batch";  // The kind of a table that the batch itself created.

class BatchTranslator {
 public:
  BatchTranslator(const catalog::CatalogIndex& catalog, const Dialect& dialect,
                  DiagnosticSink& sink)
      : outer_(catalog),
        dialect_(dialect),
        sink_(sink),
        namer_([this](const catalog::ObjectName& name) { return RelationText(name); }) {}

  // The statements' text; `ok` is false when one was refused.
  std::string Translate(Node batch, bool& ok) {
    std::string sql;
    for (const Node statement : batch.Children(Role::kStatement)) {
      DiagnosticSink own;
      std::string text = Statement(statement, own);
      const bool refused = own.HasErrors();
      ok = ok && !refused;
      for (diagnostics::Diagnostic& diagnostic : own.Take()) sink_.Report(std::move(diagnostic));
      if (refused || text.empty()) continue;
      if (!sql.empty()) sql += "\n\n";
      sql += Finish(std::move(text)) + ";";
    }
    return sql;
  }

 private:
  const catalog::CatalogIndex& Index() const { return local_index_ ? *local_index_ : outer_; }
  const std::string& Collation() const { return Index().catalog().collation; }
  relational::LoweringOptions Options() const {
    return {.target_name = std::string(dialect_.title), .keep_unknown = true, .keep_order = true};
  }
  relational::Variables CopyVariables() const {
    relational::Variables copy;
    for (const auto& [name, value] : variables_) copy[name] = relational::Clone(*value);
    return copy;
  }

  std::string Statement(Node node, DiagnosticSink& sink) {
    switch (node.kind()) {
      case NodeKind::kEmptyStatement:
        return "";
      case NodeKind::kSelectStatement:
        return Select(node, sink);
      case NodeKind::kCreateView:
        return CreateView(node, sink);
      case NodeKind::kCreateTable:
        return CreateTable(node, sink);
      case NodeKind::kInsertStatement:
        return Insert(node, sink);
      case NodeKind::kUpdateStatement:
        return Update(node, sink);
      case NodeKind::kDeleteStatement:
        return Delete(node, sink);
      case NodeKind::kDeclareStatement:
        return Declare(node, sink);
      case NodeKind::kSetVariable:
        return Assign(node, sink);
      case NodeKind::kSetOption:
      case NodeKind::kPrint:
      case NodeKind::kUse:
        sink.Report({DiagnosticId::kStatementDropped,
                     node.span(),
                     {std::string(NodeKindText(node.kind()))},
                     "",
                     "",
                     "",
                     {}});
        return "";
      case NodeKind::kDropStatement:
        return Drop(node, sink);
      default:
        sink.Report({DiagnosticId::kUnsupportedStatement,
                     node.span(),
                     {std::string(NodeKindText(node.kind())), std::string(dialect_.title)},
                     "",
                     "",
                     "",
                     {}});
        return "";
    }
  }

  std::string PrintQuery(relational::Query& query, DiagnosticSink& sink) {
    PrepareQuery(query, Collation(), dialect_, sink);
    return Emitter(dialect_, namer_, sink).EmitQuery(query);
  }

  std::string PrintExpr(ExprPtr expr, DiagnosticSink& sink) {
    relational::Query holder;
    holder.items.push_back({std::move(expr), ""});
    PrepareQuery(holder, Collation(), dialect_, sink);
    return Emitter(dialect_, namer_, sink).EmitExpression(*holder.items[0].expr);
  }

  std::string Select(Node node, DiagnosticSink& sink) {
    relational::LoweredQuery lowered =
        relational::LowerSelect(Index(), node, CopyVariables(), Options(), sink);
    if (!lowered.query || sink.HasErrors()) return "";
    return PrintQuery(*lowered.query, sink);
  }

  std::string CreateView(Node node, DiagnosticSink& sink) {
    relational::LoweringOptions options = Options();
    options.keep_order = false;
    const std::vector<std::string> names = ColumnNames(node.Child(Role::kColumns));
    options.require_names = names.empty();
    relational::LoweredQuery lowered =
        relational::LowerSelect(Index(), node.Child(Role::kQuery), {}, options, sink);
    if (!lowered.query || sink.HasErrors()) return "";
    if (!names.empty()) RenameColumns(*lowered.query, names, node.Child(Role::kColumns), sink);
    const std::string body = PrintQuery(*lowered.query, sink);
    return "create or replace view " + Target(PartsOf(node.Child(Role::kName))) + " as" + kBreak +
           body;
  }

  // Tables of the batch are named as the batch created them.
  std::string RelationText(const catalog::ObjectName& name) const {
    const auto local = created_.find(name.ToString());
    if (local != created_.end()) return local->second;
    return QuotedIdentifier(dialect_, name.schema) + "." + QuotedIdentifier(dialect_, name.name);
  }

  // The name of a table that a statement creates or writes: as the catalog spells it, or as
  // written.
  std::string Target(const std::vector<std::string>& parts) {
    const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
    if (const catalog::Table* table = Index().FindTable(schema, parts.back())) {
      if (table->kind != kBatchTable) return namer_(table->name);
    }
    std::vector<std::string> printed;
    for (const std::string& part : parts) {
      if (!part.empty())
        printed.push_back(Identifier(dialect_, part.starts_with('#') ? part.substr(1) : part));
    }
    return Join(printed, ".");
  }

  std::string CreateTable(Node node, DiagnosticSink& sink) {
    const std::vector<std::string> parts = PartsOf(node.Child(Role::kName));
    catalog::Table table;
    table.name = {parts.size() > 1 ? parts[parts.size() - 2] : "dbo", parts.back()};
    std::vector<std::string> lines;
    if (node.Has(Role::kQuery)) {
      sink.Report({DiagnosticId::kUnsupportedStatement,
                   node.span(),
                   {"CREATE TABLE AS SELECT", std::string(dialect_.title)},
                   "",
                   "",
                   "",
                   {}});
      return "";
    }
    for (const Node element : node.Children(Role::kElement)) {
      if (element.Is(NodeKind::kColumnDefinition)) {
        lines.push_back(Column(element, table, sink));
      } else if (element.Is(NodeKind::kPrimaryKey) || element.Is(NodeKind::kUnique)) {
        lines.push_back(Key(element, table));
      } else {
        sink.Report({DiagnosticId::kStatementDropped,
                     element.span(),
                     {std::string(NodeKindText(element.kind()))},
                     "",
                     "",
                     "",
                     {}});
      }
    }
    const std::string name = Target(parts);
    created_[table.name.ToString()] = name;
    AddTable(std::move(table));
    std::string sql = "create table " + name + " (";
    for (size_t i = 0; i < lines.size(); ++i)
      sql += std::string(i > 0 ? "," : "") + kBreak + "    " + lines[i];
    return sql + kBreak + ")";
  }

  std::string Column(Node element, catalog::Table& table, DiagnosticSink& sink) {
    catalog::Column column;
    column.name = tsql::UnquoteName(element.TokenText(Role::kName));
    std::string line = Identifier(dialect_, column.name) + " ";
    if (element.Has(Role::kComputed)) {
      sink.Report({DiagnosticId::kUnsupportedConstruct,
                   element.span(),
                   {"a computed column", std::string(dialect_.title)},
                   "",
                   "",
                   "",
                   {}});
      return line;
    }
    const SqlType type = relational::LowerType(Index(), element.Child(Role::kType), 1, sink);
    column.type = tsql::ToCatalogType(type);
    column.collation = std::string(element.TokenText(Role::kCollation));
    const std::string type_name = Lower(TypeName(dialect_, type));
    if (type_name.empty()) {
      sink.Report({DiagnosticId::kUnsupportedType,
                   element.span(),
                   {tsql::TypeText(type), std::string(dialect_.title)},
                   "",
                   "",
                   "",
                   {}});
    }
    line += type_name;
    for (const Node constraint : element.Children(Role::kConstraint)) {
      if (constraint.Is(NodeKind::kDefault)) {
        ExprPtr value = relational::LowerOverTable(Index(), nullptr, constraint.Child(Role::kValue),
                                                   {}, Options(), sink);
        value = relational::ConvertTo(std::move(value), type, sink);
        line += " default " + PrintExpr(std::move(value), sink);
      } else if (constraint.Is(NodeKind::kPrimaryKey)) {
        column.nullable = false;
        table.keys.push_back(
            {.name = "", .primary = true, .clustered = false, .columns = {{column.name, false}}});
        line += " primary key";
      } else if (constraint.Is(NodeKind::kUnique)) {
        line += " unique";
      } else {
        sink.Report({DiagnosticId::kStatementDropped,
                     constraint.span(),
                     {std::string(NodeKindText(constraint.kind()))},
                     "",
                     "",
                     "",
                     {}});
      }
    }
    if (element.Has(Role::kIdentity)) {
      column.nullable = false;
      sink.Report({DiagnosticId::kStatementDropped,
                   element.Child(Role::kIdentity).span(),
                   {"IDENTITY property"},
                   "",
                   "",
                   "",
                   {}});
    }
    if (const Node nullability = element.Child(Role::kNullability);
        nullability && nullability.Has(Role::kNegation)) {
      column.nullable = false;
      line += " not null";
    }
    table.columns.push_back(std::move(column));
    return line;
  }

  std::string Key(Node element, catalog::Table& table) {
    catalog::KeyConstraint key;
    key.primary = element.Is(NodeKind::kPrimaryKey);
    std::vector<std::string> names;
    for (const Node column : element.Child(Role::kColumns).Children(Role::kItem)) {
      key.columns.push_back({tsql::UnquoteName(column.TokenText(Role::kName)), false});
      names.push_back(Identifier(dialect_, key.columns.back().name));
    }
    const std::string words = key.primary ? "primary key (" : "unique (";
    table.keys.push_back(std::move(key));
    return words + Join(names, ", ") + ")";
  }

  void AddTable(catalog::Table table) {
    if (local_ == nullptr) local_ = std::make_unique<catalog::Catalog>(outer_.catalog());
    table.kind = kBatchTable;
    local_->tables.push_back(std::move(table));
    local_index_ = std::make_unique<catalog::CatalogIndex>(*local_);
  }

  const catalog::Table* FindTarget(Node target) {
    if (!target.Is(NodeKind::kTableReference)) return nullptr;
    const std::vector<std::string> parts = PartsOf(target.Child(Role::kName));
    return Index().FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
  }

  bool Refuse(Node node, std::string what, DiagnosticSink& sink) {
    sink.Report({DiagnosticId::kUnsupportedConstruct,
                 node.span(),
                 {std::move(what), std::string(dialect_.title)},
                 "",
                 "",
                 "",
                 {}});
    return false;
  }

  bool IsPlainWrite(Node node, DiagnosticSink& sink) {
    for (const auto& [role, what] :
         {std::pair{Role::kWith, "a WITH clause before a write"},
          std::pair{Role::kTop, "TOP in a write"}, std::pair{Role::kOutput, "the OUTPUT clause"},
          std::pair{Role::kFrom, "FROM in a write"},
          std::pair{Role::kCurrentOf, "WHERE CURRENT OF"}}) {
      if (node.Has(role)) return Refuse(node.Child(role) ? node.Child(role) : node, what, sink);
    }
    if (!node.Child(Role::kTarget).Is(NodeKind::kTableReference))
      return Refuse(node, "a target that is not a table", sink);
    return true;
  }

  // Values converted to the types of the columns that they go to, where those are known.
  ExprPtr ToColumn(ExprPtr value, const catalog::Table* table, const std::string& column,
                   DiagnosticSink& sink) {
    const catalog::Column* found = table == nullptr ? nullptr : table->FindColumn(column);
    if (found == nullptr) return value;
    return relational::ConvertTo(std::move(value), tsql::FromCatalogType(found->type), sink);
  }

  std::string Insert(Node node, DiagnosticSink& sink) {
    if (!IsPlainWrite(node, sink)) return "";
    const Node target = node.Child(Role::kTarget);
    const catalog::Table* table = FindTarget(target);
    std::vector<std::string> columns = ColumnNames(node.Child(Role::kColumns));
    std::string sql = "insert into " + Target(PartsOf(target.Child(Role::kName)));
    std::vector<std::string> printed;
    for (const std::string& column : columns) printed.push_back(Identifier(dialect_, column));
    if (!printed.empty()) sql += " (" + Join(printed, ", ") + ")";
    if (columns.empty() && table != nullptr) {
      for (const catalog::Column& column : table->columns) columns.push_back(column.name);
    }
    const Node source = node.Child(Role::kSource);
    if (source.Is(NodeKind::kValuesClause)) {
      std::vector<std::string> rows;
      for (const Node row : source.Children(Role::kRow)) {
        std::vector<std::string> cells;
        const std::vector<Node> items = row.Children(Role::kItem);
        for (size_t i = 0; i < items.size(); ++i) {
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
          relational::LowerSelect(Index(), source, CopyVariables(), options, sink);
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

  std::string Where(Node node, const catalog::Table* table, DiagnosticSink& sink) {
    const Node where = node.Child(Role::kWhere);
    if (!where) return "";
    return kBreak + std::string("where ") +
           PrintExpr(
               relational::LowerOverTable(Index(), table, where, CopyVariables(), Options(), sink),
               sink);
  }

  std::string Update(Node node, DiagnosticSink& sink) {
    if (!IsPlainWrite(node, sink)) return "";
    const Node target = node.Child(Role::kTarget);
    const catalog::Table* table = FindTarget(target);
    if (table == nullptr) {
      sink.Report({DiagnosticId::kUnknownRelation,
                   target.span(),
                   {std::string(target.Text())},
                   "",
                   "",
                   "",
                   {}});
      return "";
    }
    std::vector<std::string> sets;
    for (const Node set : node.Children(Role::kSet)) {
      const Node column = set.Child(Role::kTarget);
      if (!column.Is(NodeKind::kColumnReference) || set.TokensOf(Role::kOperator).size() != 1) {
        Refuse(set, "this assignment", sink);
        return "";
      }
      const std::string name = PartsOf(column.Child(Role::kName)).back();
      ExprPtr value = relational::LowerOverTable(Index(), table, set.Child(Role::kValue),
                                                 CopyVariables(), Options(), sink);
      sets.push_back(Identifier(dialect_, name) + " = " +
                     PrintExpr(ToColumn(std::move(value), table, name, sink), sink));
    }
    return "update " + Target(PartsOf(target.Child(Role::kName))) + kBreak + "set " +
           Join(sets, "," + std::string(1, kBreak) + "    ") + Where(node, table, sink);
  }

  std::string Delete(Node node, DiagnosticSink& sink) {
    if (!IsPlainWrite(node, sink)) return "";
    const Node target = node.Child(Role::kTarget);
    const catalog::Table* table = FindTarget(target);
    if (table == nullptr && node.Has(Role::kWhere)) {
      sink.Report({DiagnosticId::kUnknownRelation,
                   target.span(),
                   {std::string(target.Text())},
                   "",
                   "",
                   "",
                   {}});
      return "";
    }
    return "delete from " + Target(PartsOf(target.Child(Role::kName))) + Where(node, table, sink);
  }

  std::string Drop(Node node, DiagnosticSink& sink) {
    std::string kind;
    for (const tsql::Token* token : node.TokensOf(Role::kKind))
      kind += Lower(node.tree().TextOf(*token));
    if (kind != "table" && kind != "view") {
      sink.Report({DiagnosticId::kUnsupportedStatement,
                   node.span(),
                   {std::string(NodeKindText(node.kind())), std::string(dialect_.title)},
                   "",
                   "",
                   "",
                   {}});
      return "";
    }
    std::vector<std::string> names;
    for (const Node name : node.Children(Role::kName)) names.push_back(Target(PartsOf(name)));
    const bool if_exists = Lower(node.Text()).find("if exists") != std::string::npos;
    std::vector<std::string> statements;
    for (const std::string& name : names)
      statements.push_back("drop " + kind + (if_exists ? " if exists " : " ") + name);
    return Join(statements, ";" + std::string(1, kBreak));
  }

  std::string Declare(Node node, DiagnosticSink& sink) {
    for (const Node item : node.Children(Role::kItem)) {
      if (!item.Is(NodeKind::kVariableDeclaration)) {
        sink.Report({DiagnosticId::kUnsupportedStatement,
                     item.span(),
                     {std::string(NodeKindText(item.kind())), std::string(dialect_.title)},
                     "",
                     "",
                     "",
                     {}});
        return "";
      }
      const std::string name = catalog::FoldName(item.TokenText(Role::kName));
      types_[name] = relational::LowerType(Index(), item.Child(Role::kType), 1, sink);
      const Node value = item.Child(Role::kValue);
      variables_[name] = value ? Evaluate(name, value, sink) : relational::MakeNull(types_[name]);
    }
    return "";
  }

  std::string Assign(Node node, DiagnosticSink& sink) {
    const Node value = node.Child(Role::kValue);
    const std::string name = catalog::FoldName(node.TokenText(Role::kTarget));
    if (!value || node.TokensOf(Role::kOperator).size() != 1 || !types_.contains(name)) {
      Refuse(node, "this assignment", sink);
      return "";
    }
    variables_[name] = Evaluate(name, value, sink);
    return "";
  }

  ExprPtr Evaluate(const std::string& name, Node value, DiagnosticSink& sink) {
    ExprPtr expr =
        relational::LowerOverTable(Index(), nullptr, value, CopyVariables(), Options(), sink);
    return relational::ConvertTo(std::move(expr), types_[name], sink);
  }

  const catalog::CatalogIndex& outer_;
  const Dialect& dialect_;
  DiagnosticSink& sink_;
  RelationNamer namer_;
  std::unique_ptr<catalog::Catalog> local_;
  std::unique_ptr<catalog::CatalogIndex> local_index_;
  absl::flat_hash_map<std::string, std::string>
      created_;  // Tables of the batch: name to printed name.
  relational::Variables variables_;
  absl::flat_hash_map<std::string, SqlType> types_;
};

}  // namespace

TranslatedBatch TranslateBatch(const catalog::CatalogIndex& catalog, std::string_view batch,
                               Target target) {
  TranslatedBatch result;
  DiagnosticSink sink;
  const Dialect* dialect = FindDialect(target);
  if (dialect == nullptr) {
    sink.Report(
        {DiagnosticId::kTargetPlanned, {}, {std::string(TargetName(target))}, "", "", "", {}});
    result.diagnostics = sink.Take();
    return result;
  }
  const tsql::ParseResult parsed = tsql::ParseBatch(batch, {}, sink);
  result.ok = parsed.ok;
  result.sql = BatchTranslator(catalog, *dialect, sink).Translate(parsed.tree.Root(), result.ok);
  result.ok = result.ok && !sink.HasErrors();
  result.diagnostics = sink.Take();
  return result;
}

}  // namespace datamigrate::dialects
