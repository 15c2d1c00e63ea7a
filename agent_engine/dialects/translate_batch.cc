// Statements on their own: what `datamigrate transpile` does.
#include "agent_engine/dialects/translate.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "agent_engine/dialects/batch_translator.h"
#include "agent_engine/dialects/emitter.h"
#include "agent_engine/dialects/layout.h"
#include "agent_engine/dialects/pipeline.h"
#include "agent_engine/relational/routines/random_values.h"

namespace datamigrate::dialects {

std::string StatementName(Node statement) {
  if (!statement.Is(NodeKind::kCommand)) return std::string(NodeKindText(statement.kind()));
  const tsql::SyntaxTree& tree = statement.tree();
  std::string name;
  for (uint32_t i = statement.first_token();
       i < statement.end_token() && i < statement.first_token() + 2; ++i) {
    const std::string_view word = tree.TextOf(tree.tokens[i]);
    if (!std::ranges::all_of(word, [](unsigned char c) { return std::isalpha(c); })) break;
    for (const char c : word)
      name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    name += ' ';
  }
  return name + "statement";
}

std::string BatchTranslator::Translate(Node batch, bool& ok) {
  std::string sql;
  for (const Node statement : batch.Children(Role::kStatement)) {
    DiagnosticSink own;
    if (!ReadsFreshVariables(statement, own) || !ReadsDrawsOnce(statement, own)) {
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

relational::LoweringOptions BatchTranslator::Options() const {
  return {.target_name = std::string(dialect_.title), .keep_unknown = true, .keep_order = true};
}

relational::Variables BatchTranslator::CopyVariables() const {
  relational::Variables copy;
  for (const auto& [name, value] : variables_) copy[name] = relational::Clone(*value);
  return copy;
}

std::string BatchTranslator::Statement(Node node, DiagnosticSink& sink) {
  std::string text = StatementText(node, sink);
  const bool holds_others = node.Is(NodeKind::kBlock) || node.Is(NodeKind::kIf) ||
                            node.Is(NodeKind::kWhile) || node.Is(NodeKind::kTryCatch);
  if (!holds_others) NoteWritten(node, sink);
  return text;
}

std::string BatchTranslator::StatementText(Node node, DiagnosticSink& sink) {
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
    case NodeKind::kWhile:
      return While(node, sink);
    case NodeKind::kTryCatch:
      // An error of the body is one of the translation too.
      sink.Report({DiagnosticId::kErrorPathLeftOut, node.span(), {}, "", "", "", {}});
      return Block(node.Child(Role::kTry), sink);
    case NodeKind::kDeclareStatement:
      return Declare(node, sink);
    case NodeKind::kSetVariable:
      return Assign(node, sink);
    case NodeKind::kSetOption:
      return SetOption(node, sink);
    case NodeKind::kCommand:
      return Transaction(node, sink);
    case NodeKind::kPrint:
    case NodeKind::kUse:
      NoteDropped(node, sink);
      return "";
    case NodeKind::kDropStatement:
      return Drop(node, sink);
    case NodeKind::kAlterTable:
      return AlterTable(node, sink);
    case NodeKind::kCreateIndex:
      return CreateIndex(node, sink);
    case NodeKind::kCreateSchema:
      return CreateSchema(node, sink);
    default:
      return RefuseStatement(node, sink);
  }
}

std::string BatchTranslator::RefuseStatement(Node node, DiagnosticSink& sink) const {
  sink.Report({DiagnosticId::kUnsupportedStatement,
               node.span(),
               {StatementName(node), std::string(dialect_.title)},
               "",
               "",
               "",
               {}});
  return "";
}

std::string BatchTranslator::RefuseTarget(Node target, DiagnosticSink& sink) const {
  sink.Report({DiagnosticId::kUnknownRelation,
               target.span(),
               {std::string(target.Text())},
               "",
               "",
               "",
               {}});
  return "";
}

std::string BatchTranslator::PrintQuery(relational::Query& query, DiagnosticSink& sink) {
  PrepareQuery(query, Collation(), dialect_, sink);
  return Emitter(dialect_, namer_, sink).EmitQuery(query);
}

std::string BatchTranslator::PrintExpr(ExprPtr expr, DiagnosticSink& sink) {
  relational::Query holder;
  holder.items.push_back({std::move(expr), ""});
  PrepareQuery(holder, Collation(), dialect_, sink);
  return Emitter(dialect_, namer_, sink).EmitExpression(*holder.items[0].expr);
}

std::string BatchTranslator::Select(Node node, DiagnosticSink& sink) {
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

Node BatchTranslator::FirstSpecification(Node query) {
  Node node = query;
  while (node && !node.Is(NodeKind::kQuerySpecification)) {
    node = node.Is(NodeKind::kSetOperation) ? node.Child(Role::kLeft)
           : node.Has(Role::kBody)          ? node.Child(Role::kBody)
                                            : node.Child(Role::kQuery);
  }
  return node;
}

bool BatchTranslator::AssignsVariables(Node specification) {
  if (!specification) return false;
  const std::vector<Node> items = specification.Child(Role::kSelectList).Children(Role::kItem);
  return !items.empty() && items[0].Is(NodeKind::kSelectAssignment);
}

void BatchTranslator::TakeAssignments(Node specification, relational::Query& query,
                                      DiagnosticSink& sink) {
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

void BatchTranslator::MarkStale() {
  for (const auto& [name, value] : variables_) {
    if (!relational::IsConstant(*value)) stale_.insert(name);
  }
  variables_.erase("@@identity");
  variables_.erase("@@scope_identity");
}

void BatchTranslator::SetVariable(const std::string& name, ExprPtr value) {
  stale_.erase(name);
  drawn_.erase(name);
  if (relational::HoldsRandom(*value)) drawn_.emplace(name, false);
  FoldNumbers(value);
  variables_[name] = std::move(value);
}

// What a variable has drawn by chance is written where it is read, and so drawn there: it can be
// read once, for one row.
bool BatchTranslator::ReadsDrawsOnce(Node statement, DiagnosticSink& sink) {
  if (drawn_.empty()) return true;
  std::vector<std::string> words;
  for (uint32_t i = statement.first_token(); i < statement.end_token(); ++i)
    words.push_back(catalog::FoldName(statement.tree().TextOf(statement.tree().tokens[i])));
  const bool is_for_rows = std::ranges::any_of(words, [](const std::string& word) {
    return word == "from" || word == "update" || word == "while";
  });
  const bool sets = statement.Is(NodeKind::kSetVariable);
  for (size_t i = sets ? 2 : 0; i < words.size(); ++i) {
    const auto drawn = drawn_.find(words[i]);
    if (drawn == drawn_.end()) continue;
    if (std::exchange(drawn->second, true) || is_for_rows) {
      return Refuse(statement, "the random value of " + words[i] + ", which is read more than once",
                    sink);
    }
  }
  return true;
}

bool BatchTranslator::ReadsFreshVariables(Node statement, DiagnosticSink& sink) {
  if (stale_.empty()) return true;
  const bool sets = statement.Is(NodeKind::kSetVariable);
  const std::string target =
      sets ? catalog::FoldName(statement.TokenText(Role::kTarget)) : std::string();
  for (uint32_t i = statement.first_token(); i < statement.end_token(); ++i) {
    const std::string name = catalog::FoldName(statement.tree().TextOf(statement.tree().tokens[i]));
    if (!stale_.contains(name) || name == target) continue;
    return Refuse(statement, "the variable " + name + ", whose query's tables were written since",
                  sink);
  }
  return true;
}

std::string BatchTranslator::CreateView(Node node, DiagnosticSink& sink) {
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

std::string BatchTranslator::RelationText(const catalog::ObjectName& name) const {
  const auto local = created_.find(name.ToString());
  if (local != created_.end()) return local->second;
  return QuotedIdentifier(dialect_, name.schema) + "." + QuotedIdentifier(dialect_, name.name);
}

std::string BatchTranslator::Target(const std::vector<std::string>& parts) {
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  if (const catalog::Table* table = Index().FindTable(schema, parts.back())) {
    const auto local = created_.find(table->name.ToString());
    if (local != created_.end()) return local->second;
    if (table->kind != kBatchTable) return namer_(table->name);
  }
  std::vector<std::string> printed;
  for (const std::string& part : parts) {
    if (!part.empty())
      printed.push_back(Identifier(dialect_, part.substr(part.find_first_not_of("#@"))));
  }
  return Join(printed, ".");
}

bool BatchTranslator::Refuse(Node node, std::string what, DiagnosticSink& sink) {
  sink.Report({DiagnosticId::kUnsupportedConstruct,
               node.span(),
               {std::move(what), std::string(dialect_.title)},
               "",
               "",
               "",
               {}});
  return false;
}

std::string BatchTranslator::Declare(Node node, DiagnosticSink& sink) {
  std::vector<std::string> tables;
  for (const Node item : node.Children(Role::kItem)) {
    if (item.Is(NodeKind::kTableVariableDeclaration)) {
      tables.push_back(CreateTable(item, sink));
      has_table_variables_ = true;
      continue;
    }
    if (!item.Is(NodeKind::kVariableDeclaration)) return RefuseStatement(item, sink);
    const std::string name = catalog::FoldName(item.TokenText(Role::kName));
    types_[name] = relational::LowerType(Index(), item.Child(Role::kType), 1, sink);
    const Node value = item.Child(Role::kValue);
    SetVariable(name, value ? Evaluate(name, value, sink) : relational::MakeNull(types_[name]));
  }
  return Join(tables, ";" + std::string(1, kBreak));
}

std::string BatchTranslator::Assign(Node node, DiagnosticSink& sink) {
  const Node value = node.Child(Role::kValue);
  const std::string name = catalog::FoldName(node.TokenText(Role::kTarget));
  std::string op;
  for (const tsql::Token* token : node.TokensOf(Role::kOperator)) op += node.tree().TextOf(*token);
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

ExprPtr BatchTranslator::Evaluate(const std::string& name, Node value, DiagnosticSink& sink) {
  ExprPtr expr =
      relational::LowerOverTable(Index(), nullptr, value, CopyVariables(), Options(), sink);
  return relational::ConvertTo(std::move(expr), types_[name], sink);
}

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
