// Statements on their own: what `datamigrate transpile` does. Tables that the batch creates are
// known to the statements after it.
#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "agent_engine/dialects/emit_write.h"
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
      if (!ReadsFreshVariables(statement, own)) {
        ok = false;
        for (diagnostics::Diagnostic& diagnostic : own.Take()) sink_.Report(std::move(diagnostic));
        continue;
      }
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
      case NodeKind::kMergeStatement:
        return Merge(node, sink);
      case NodeKind::kTruncateTable:
        MarkStale();
        return "truncate table " + Target(PartsOf(node.Child(Role::kName)));
      case NodeKind::kBlock:
        return Block(node, sink);
      case NodeKind::kIf:
        return If(node, sink);
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
    relational::LoweringOptions options = Options();
    options.allows_into = true;
    options.assigns_variables = true;
    relational::LoweredQuery lowered =
        relational::LowerSelect(Index(), node, CopyVariables(), options, sink);
    if (!lowered.query || sink.HasErrors()) return "";
    const Node specification = FirstSpecification(node.Child(Role::kQuery));
    if (AssignsVariables(specification)) {
      TakeAssignments(specification, *lowered.query, sink);
      return "";
    }
    if (const Node into = specification ? specification.Child(Role::kInto) : Node())
      return SelectInto(into, *lowered.query, sink);
    return PrintQuery(*lowered.query, sink);
  }

  static Node FirstSpecification(Node query) {
    Node node = query;
    while (node && !node.Is(NodeKind::kQuerySpecification)) {
      node = node.Is(NodeKind::kSetOperation) ? node.Child(Role::kLeft)
             : node.Has(Role::kBody)          ? node.Child(Role::kBody)
                                              : node.Child(Role::kQuery);
    }
    return node;
  }

  static bool AssignsVariables(Node specification) {
    if (!specification) return false;
    const std::vector<Node> items = specification.Child(Role::kSelectList).Children(Role::kItem);
    return !items.empty() && items[0].Is(NodeKind::kSelectAssignment);
  }

  // SELECT @a = x, @b = y: with sources, each variable is a query of one row.
  void TakeAssignments(Node specification, relational::Query& query, DiagnosticSink& sink) {
    const std::vector<Node> items = specification.Child(Role::kSelectList).Children(Role::kItem);
    const bool is_aggregate =
        !query.is_grouped && std::ranges::all_of(query.items, [](const auto& item) {
          return relational::ContainsAggregate(*item.expr);
        });
    const bool is_plain = query.from == nullptr && query.where == nullptr;
    relational::Variables assigned;
    for (size_t i = 0; i < items.size() && i < query.items.size(); ++i) {
      const std::string name = catalog::FoldName(items[i].TokenText(Role::kTarget));
      const bool is_simple = items[i].TokensOf(Role::kOperator).size() == 1;
      if (!types_.contains(name) || !is_simple || (!is_aggregate && !is_plain)) {
        Refuse(items[i], "the assignment of the last of several rows to a variable", sink);
        return;
      }
      if (is_plain) {
        assigned[name] =
            relational::ConvertTo(relational::Clone(*query.items[i].expr), types_[name], sink);
        continue;
      }
      auto value = relational::MakeExpr(relational::ExprKind::kSubquery, query.items[i].expr->type,
                                        items[i].span());
      value->query = relational::Clone(query);
      relational::SelectItem only{relational::Clone(*query.items[i].expr), ""};
      value->query->items.clear();
      value->query->items.push_back(std::move(only));
      value->query->fields = {{"", query.items[i].expr->type}};
      value->type.nullable = true;
      assigned[name] = relational::ConvertTo(std::move(value), types_[name], sink);
    }
    for (auto& [name, value] : assigned) SetVariable(name, std::move(value));
  }

  std::string SelectInto(Node into, relational::Query& query, DiagnosticSink& sink) {
    const std::vector<std::string> parts = PartsOf(into);
    catalog::Table table;
    table.name = {parts.size() > 1 ? parts[parts.size() - 2] : "dbo", parts.back()};
    for (const relational::OutputField& field : query.fields) {
      if (field.name.empty() || field.type.id == tsql::TypeId::kUnknown) {
        Refuse(into, "SELECT INTO of a column whose name or type is not known", sink);
        return "";
      }
      catalog::Column column;
      column.name = field.name;
      column.type = tsql::ToCatalogType(field.type);
      column.collation = field.type.collation;
      column.nullable = field.type.nullable;
      table.columns.push_back(std::move(column));
    }
    query.order_by.clear();
    PrepareQuery(query, Collation(), dialect_, sink);
    Emitter emitter(dialect_, namer_, sink);
    emitter.set_pins_types(true);
    const std::string body = emitter.EmitQuery(query);
    const std::string name = Target(parts);
    created_[table.name.ToString()] = name;
    AddTable(std::move(table));
    return "create table " + name + " as" + kBreak + body;
  }

  std::string Merge(Node node, DiagnosticSink& sink) {
    relational::LoweredMerge merge =
        relational::LowerMerge(Index(), node, CopyVariables(), Options(), sink);
    if (merge.table == nullptr || sink.HasErrors()) return "";
    if (dialect_.row_identity.empty()) {
      Refuse(node, "MERGE on its own", sink);
      return "";
    }
    MarkStale();
    const std::string target = namer_(merge.table->name);
    return WriteEmitter(dialect_, namer_, Collation(), sink).Merge(merge, target, node.span());
  }

  std::string Block(Node node, DiagnosticSink& sink) {
    std::vector<std::string> statements;
    for (const Node statement : node.Children(Role::kStatement)) {
      if (!ReadsFreshVariables(statement, sink)) return "";
      std::string text = Statement(statement, sink);
      if (!text.empty()) statements.push_back(std::move(text));
    }
    return Join(statements, ";" + std::string(2, kBreak));
  }

  // IF a table exists, DROP it: what scripts do before they create it.
  std::string If(Node node, DiagnosticSink& sink) {
    const std::string condition = Lower(node.Child(Role::kCondition).Text());
    Node then = node.Child(Role::kThen);
    if (then.Is(NodeKind::kBlock) && then.Children(Role::kStatement).size() == 1)
      then = then.Children(Role::kStatement)[0];
    const bool asks_existence =
        (condition.starts_with("object_id") && condition.ends_with("is not null")) ||
        (condition.starts_with("exists") &&
         (condition.find("sys.") != std::string::npos ||
          condition.find("information_schema") != std::string::npos));
    if (asks_existence && then.Is(NodeKind::kDropStatement) && !node.Has(Role::kElse))
      return Drop(then, sink, true);
    sink.Report({DiagnosticId::kUnsupportedStatement,
                 node.span(),
                 {std::string(NodeKindText(node.kind())), std::string(dialect_.title)},
                 "",
                 "",
                 "",
                 {}});
    return "";
  }

  // Variables that stand for queries show the tables as they were when they were set: after a write
  // they cannot be read any more.
  void MarkStale() {
    for (const auto& [name, value] : variables_) {
      if (!relational::IsConstant(*value)) stale_.insert(name);
    }
  }

  void SetVariable(const std::string& name, ExprPtr value) {
    stale_.erase(name);
    variables_[name] = std::move(value);
  }

  bool ReadsFreshVariables(Node statement, DiagnosticSink& sink) {
    if (stale_.empty()) return true;
    const bool sets = statement.Is(NodeKind::kSetVariable);
    const std::string target =
        sets ? catalog::FoldName(statement.TokenText(Role::kTarget)) : std::string();
    for (uint32_t i = statement.first_token(); i < statement.end_token(); ++i) {
      const std::string name =
          catalog::FoldName(statement.tree().TextOf(statement.tree().tokens[i]));
      if (!stale_.contains(name) || name == target) continue;
      return Refuse(statement, "the variable " + name + ", whose query's tables were written since",
                    sink);
    }
    return true;
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
        printed.push_back(Identifier(dialect_, part.substr(part.find_first_not_of("#@"))));
    }
    return Join(printed, ".");
  }

  std::string CreateTable(Node node, DiagnosticSink& sink) {
    const std::vector<std::string> parts =
        node.Is(NodeKind::kTableVariableDeclaration)
            ? std::vector<std::string>{std::string(node.TokenText(Role::kName))}
            : PartsOf(node.Child(Role::kName));
    catalog::Table table;
    table.name = {parts.size() > 1 ? parts[parts.size() - 2] : "dbo", parts.back()};
    std::vector<std::string> lines;
    std::string before;
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
        lines.push_back(Column(element, table, before, sink));
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
    std::string sql = before + "create table " + name + " (";
    for (size_t i = 0; i < lines.size(); ++i)
      sql += std::string(i > 0 ? "," : "") + kBreak + "    " + lines[i];
    return sql + kBreak + ")";
  }

  // The line of a column; what must stand before the table's statement is added to `before`.
  std::string Column(Node element, catalog::Table& table, std::string& before,
                     DiagnosticSink& sink) {
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
      column.identity = true;
      line += IdentityText(element.Child(Role::kIdentity), column, table, before);
    }
    if (const Node nullability = element.Child(Role::kNullability);
        nullability && nullability.Has(Role::kNegation)) {
      column.nullable = false;
      line += " not null";
    }
    table.columns.push_back(std::move(column));
    return line;
  }

  // IDENTITY(seed, increment), by default (1, 1): "CREATE TABLE (Transact-SQL) IDENTITY
  // (Property)".
  std::string IdentityText(Node identity, const catalog::Column& column,
                           const catalog::Table& table, std::string& before) {
    std::vector<std::string> numbers;
    std::string number;
    for (const char c : std::string(identity.Text()) + ")") {
      if (std::isdigit(static_cast<unsigned char>(c)) || c == '-') {
        number += c;
      } else if (!number.empty()) {
        numbers.push_back(std::move(number));
        number.clear();
      }
    }
    if (numbers.size() < 2) numbers = {"1", "1"};
    const std::string steps = "start with " + numbers[0] + " increment by " + numbers[1];
    if (!dialect_.identity_is_sequence) return " generated by default as identity (" + steps + ")";
    std::string plain = table.name.name + "_" + column.name + "_seq";
    std::erase_if(plain, [](unsigned char c) { return !std::isalnum(c) && c != '_'; });
    before += "create sequence " + plain + " " + steps + ";" + kBreak;
    return " default nextval('" + plain + "')";
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
    std::erase_if(local_->tables,
                  [&](const catalog::Table& known) { return known.name == table.name; });
    local_->tables.push_back(std::move(table));
    local_index_ = std::make_unique<catalog::CatalogIndex>(*local_);
  }

  const catalog::Table* FindTarget(Node target) {
    if (!target.Is(NodeKind::kTableReference) && !target.Is(NodeKind::kVariableTable))
      return nullptr;
    const std::vector<std::string> parts = TargetParts(target);
    return Index().FindTable(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
  }

  static std::vector<std::string> TargetParts(Node target) {
    if (target.Is(NodeKind::kVariableTable)) return {std::string(target.TokenText(Role::kValue))};
    return PartsOf(target.Child(Role::kName));
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

  // Values converted to the types of the columns that they go to, where those are known.
  ExprPtr ToColumn(ExprPtr value, const catalog::Table* table, const std::string& column,
                   DiagnosticSink& sink) {
    const catalog::Column* found = table == nullptr ? nullptr : table->FindColumn(column);
    if (found == nullptr) return value;
    const SqlType type = tsql::FromCatalogType(found->type);
    // char(n) is filled with blanks when it is assigned.
    const bool pads = tsql::IsFixedString(type.id) && tsql::IsString(value->type.id) &&
                      value->kind != relational::ExprKind::kNull;
    if (pads) return relational::MakeCast(std::move(value), type, false);
    return relational::ConvertTo(std::move(value), type, sink);
  }

  std::string Insert(Node node, DiagnosticSink& sink) {
    if (!IsPlainWrite(node, sink)) return "";
    const Node target = node.Child(Role::kTarget);
    const catalog::Table* table = FindTarget(target);
    std::vector<std::string> columns = ColumnNames(node.Child(Role::kColumns));
    std::string sql = "insert into " + Target(TargetParts(target));
    const Node source = node.Child(Role::kSource);
    if (source.Is(NodeKind::kDefaultValues)) return sql + " default values";
    // Without a list the values go to all columns but the one that numbers itself.
    const bool numbers_itself =
        columns.empty() && table != nullptr &&
        std::ranges::any_of(table->columns, [](const catalog::Column& c) { return c.identity; });
    if (numbers_itself) {
      for (const catalog::Column& column : table->columns) {
        if (!column.identity) columns.push_back(column.name);
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
    if (node.Has(Role::kFrom)) return Modify(node, sink);
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
      for (const tsql::Token* token : set.TokensOf(Role::kOperator))
        op += set.tree().TextOf(*token);
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

  // UPDATE and DELETE with other sources than the table itself.
  std::string Modify(Node node, DiagnosticSink& sink) {
    if (dialect_.row_identity.empty()) {
      Refuse(node, "FROM or WITH in a write", sink);
      return "";
    }
    relational::LoweredModification lowered =
        relational::LowerModification(Index(), node, CopyVariables(), Options(), sink);
    if (lowered.table == nullptr || sink.HasErrors()) return "";
    WriteEmitter emitter(dialect_, namer_, Collation(), sink);
    const std::string target = namer_(lowered.table->name);
    return node.Is(NodeKind::kUpdateStatement) ? emitter.Update(lowered, target)
                                               : emitter.Delete(lowered, target);
  }

  std::string Delete(Node node, DiagnosticSink& sink) {
    if (!IsPlainWrite(node, sink)) return "";
    if (node.Has(Role::kFrom) || node.Has(Role::kWith)) return Modify(node, sink);
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
    return "delete from " + Target(TargetParts(target)) + Where(node, table, sink);
  }

  std::string Drop(Node node, DiagnosticSink& sink, bool if_exists = false) {
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
    if_exists = if_exists || Lower(node.Text()).find("if exists") != std::string::npos;
    std::vector<std::string> statements;
    for (const std::string& name : names)
      statements.push_back("drop " + kind + (if_exists ? " if exists " : " ") + name);
    return Join(statements, ";" + std::string(1, kBreak));
  }

  std::string Declare(Node node, DiagnosticSink& sink) {
    std::vector<std::string> tables;
    for (const Node item : node.Children(Role::kItem)) {
      if (item.Is(NodeKind::kTableVariableDeclaration)) {
        tables.push_back(CreateTable(item, sink));
        continue;
      }
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
      SetVariable(name, value ? Evaluate(name, value, sink) : relational::MakeNull(types_[name]));
    }
    return Join(tables, ";" + std::string(1, kBreak));
  }

  std::string Assign(Node node, DiagnosticSink& sink) {
    const Node value = node.Child(Role::kValue);
    const std::string name = catalog::FoldName(node.TokenText(Role::kTarget));
    std::string op;
    for (const tsql::Token* token : node.TokensOf(Role::kOperator))
      op += node.tree().TextOf(*token);
    if (!value || op.empty() || !types_.contains(name)) {
      Refuse(node, "this assignment", sink);
      return "";
    }
    ExprPtr assigned = Evaluate(name, value, sink);
    if (op.size() > 1) {
      assigned =
          relational::LowerOverTable(Index(), nullptr, value, CopyVariables(), Options(), sink);
      assigned =
          relational::Combine(op.substr(0, op.size() - 1), relational::Clone(*variables_[name]),
                              std::move(assigned), node, Options(), sink);
      assigned = relational::ConvertTo(std::move(assigned), types_[name], sink);
    }
    SetVariable(name, std::move(assigned));
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
  absl::flat_hash_set<std::string> stale_;  // Variables that must not be read any more.
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
