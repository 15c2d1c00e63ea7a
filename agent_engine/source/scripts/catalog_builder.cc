#include "agent_engine/source/scripts/catalog_builder.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"
#include "agent_engine/source/scripts/system_procedures.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::source {

using catalog::EqualNames;
using catalog::FoldName;
using catalog::ObjectName;
using catalog::RoutineKind;
using catalog::Table;
using diagnostics::Diagnostic;
using diagnostics::DiagnosticId;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

namespace {

// CREATE OR ALTER and ALTER replace; a plain CREATE does not.
bool Replaces(Node statement) {
  return statement.TokenOf(Role::kAlter) != nullptr;
}

bool IsPlainAlter(Node statement) {
  return WordsOf(statement, Role::kAlter) == "alter";
}

std::string TokenList(Node node, Role role, std::string_view separator) {
  std::string list;
  for (const tsql::Token* token : node.TokensOf(role)) {
    if (!list.empty()) list += separator;
    list += node.tree().TextOf(*token);
  }
  return list;
}

RoutineKind KindOfFunction(Node statement) {
  if (statement.Has(Role::kExternal)) return RoutineKind::kClr;
  const Node returns = statement.Child(Role::kReturns);
  if (returns.Is(NodeKind::kTableReturn)) return RoutineKind::kTableFunction;
  if (returns.Is(NodeKind::kInlineReturn)) return RoutineKind::kInlineFunction;
  return RoutineKind::kScalarFunction;
}

std::string TableKind(Node statement) {
  const std::string words = WordsOf(statement, Role::kKind);
  for (const char* kind : {"external", "node", "edge"}) {
    if (words.find(kind) != std::string::npos) return kind;
  }
  return IsOptionOn(statement, "memory_optimized") ? "memory_optimized" : "table";
}

void SetSystemVersioning(Node node, Table& table, std::string_view default_schema) {
  const Node option = FindOption(node, "system_versioning");
  if (!option) return;
  if (OptionValue(option).starts_with("OFF") || OptionValue(option).starts_with("off")) {
    if (table.temporal) table.temporal->history_table = {};
    return;
  }
  const std::string history = OptionValue(FindOption(option, "history_table"));
  if (!table.temporal) table.temporal.emplace();
  if (!history.empty()) {
    table.temporal->history_table = ParseObjectName(history, default_schema).object;
  }
}

// `SELECT * FROM one_table` and nothing else: the table; absent otherwise.
Node OnlyTableOf(Node query) {
  const Node body = query.Child(Role::kBody);
  if (!body.Is(NodeKind::kQuerySpecification)) return {};
  const auto items = body.Child(Role::kSelectList).Children(Role::kItem);
  const auto sources = body.Child(Role::kFrom).Children(Role::kSource);
  const bool is_star = items.size() == 1 && items[0].Child(Role::kValue).Is(NodeKind::kStar);
  const bool is_table = sources.size() == 1 && sources[0].Is(NodeKind::kTableReference);
  return is_star && is_table ? sources[0].Child(Role::kName) : Node();
}

}  // namespace

bool IsTemporary(std::string_view name) {
  return !name.empty() && name[0] == '#';
}

CatalogBuilder::CatalogBuilder(std::string default_schema, diagnostics::DiagnosticSink& sink)
    : default_schema_(std::move(default_schema)), sink_(sink), draft_(sink) {}

void CatalogBuilder::AddBatch(const Batch& batch, Node root) {
  if (batch.script != script_) {
    script_ = batch.script;
    database_.clear();
  }
  variables_.clear();
  context_ = Context();
  context_.batch = &batch;
  context_.default_schema = default_schema_;
  VisitAll(root.Children(Role::kStatement));
}

void CatalogBuilder::VisitAll(const std::vector<Node>& statements) {
  for (Node statement : statements) Visit(statement);
}

void CatalogBuilder::VisitConditional(Node statement) {
  if (!statement) return;
  const bool before = std::exchange(context_.is_conditional, true);
  Visit(statement);
  context_.is_conditional = before;
}

void CatalogBuilder::Visit(Node statement) {
  switch (statement.kind()) {
    case NodeKind::kBlock:
      return VisitAll(statement.Children(Role::kStatement));
    case NodeKind::kIf:
      VisitConditional(statement.Child(Role::kThen));
      return VisitConditional(statement.Child(Role::kElse));
    case NodeKind::kWhile:
      return VisitConditional(statement.Child(Role::kBody));
    case NodeKind::kTryCatch:
      return Visit(statement.Child(Role::kTry));
    case NodeKind::kUse:
      return Use(statement);
    case NodeKind::kDeclareStatement:
    case NodeKind::kSetVariable:
      return RememberVariables(statement);
    case NodeKind::kCreateTable:
      return CreateTable(statement);
    case NodeKind::kCreateView:
      return CreateView(statement);
    case NodeKind::kCreateProcedure:
    case NodeKind::kCreateFunction:
      return CreateRoutine(statement);
    case NodeKind::kCreateTrigger:
      return CreateTrigger(statement);
    case NodeKind::kCreateIndex:
      return CreateIndex(statement);
    case NodeKind::kCreateType:
      return CreateType(statement);
    case NodeKind::kCreateSequence:
      return CreateSequence(statement);
    case NodeKind::kCreateSynonym:
      return CreateSynonym(statement);
    case NodeKind::kCreateSchema:
      return CreateSchema(statement);
    case NodeKind::kAlterTable:
      return AlterTable(statement);
    case NodeKind::kDropStatement:
      return Drop(statement);
    case NodeKind::kExecuteStatement:
      return Execute(statement);
    case NodeKind::kSelectStatement:
      return Select(statement);
    case NodeKind::kCommand:
      return Command(statement);
    default:
      return;
  }
}

void CatalogBuilder::Use(Node statement) {
  const tsql::Token* name = statement.TokenOf(Role::kName);
  const bool is_variable = name != nullptr && name->kind == tsql::TokenKind::kSqlcmdVariable;
  std::string text = tsql::UnquoteName(statement.TokenText(Role::kName));
  if (name == nullptr) {
    const auto parts = tsql::NameParts(statement.Child(Role::kName));
    if (!parts.empty()) text = parts.back();
  }
  database_ = is_variable ? "" : text;
}

QualifiedName CatalogBuilder::NameOf(Node name) const {
  QualifiedName read = ReadObjectName(name, context_.default_schema);
  if (read.database.empty()) read.database = database_;
  return read;
}

catalog::SourcePlace CatalogBuilder::PlaceOf(Node node) const {
  const uint32_t offset = context_.fixed_offset.value_or(node.span().begin);
  const ScriptPosition position = context_.batch->PositionOf(offset);
  const auto at = position.file->Locate(position.offset);
  return {position.file->name(), at.line, at.column};
}

Diagnostic CatalogBuilder::MakeDiagnostic(DiagnosticId id, Node node,
                                          std::vector<std::string> arguments) const {
  const catalog::SourcePlace place = PlaceOf(node);
  return {id, {}, std::move(arguments), "", "", place.file, {place.line, place.column}};
}

void CatalogBuilder::AddObject(ObjectValue value, const std::string& database, Node statement) {
  DraftObject object;
  object.value = std::move(value);
  object.database = database;
  object.script = script_;
  object.from_alter = IsPlainAlter(statement);
  auto mode = CatalogDraft::Mode::kCreate;
  if (context_.is_conditional) mode = CatalogDraft::Mode::kCreateIfNone;
  if (Replaces(statement)) mode = CatalogDraft::Mode::kReplace;
  draft_.Add(std::move(object), mode);
}

void CatalogBuilder::CreateTable(Node statement) {
  const QualifiedName name = NameOf(statement.Child(Role::kName));
  if (IsTemporary(name.object.name)) return;
  Table table;
  table.name = name.object;
  table.place = PlaceOf(statement);
  table.kind = TableKind(statement);
  if (const Node query = statement.Child(Role::kQuery)) {
    return CopyTableColumns(
        query.Is(NodeKind::kSelectStatement) ? query.Child(Role::kQuery) : query, name.object,
        std::move(table));
  }
  draft_.AddElements(table,
                     ReadTableElements(statement.Children(Role::kElement), context_.default_schema),
                     true, false);
  for (Node option : statement.Children(Role::kOption)) {
    SetSystemVersioning(option, table, context_.default_schema);
  }
  AddObject(std::move(table), name.database, statement);
}

// SELECT INTO and CREATE TABLE AS SELECT: a copy of one whole table has its columns; of other
// queries nothing is known here.
void CatalogBuilder::CopyTableColumns(Node query, const ObjectName& name, Table table) {
  const Diagnostic unknown =
      MakeDiagnostic(DiagnosticId::kTableWithoutDefinition, query, {name.ToString()});
  const Node source = OnlyTableOf(query);
  if (!source) {
    sink_.Report(unknown);
    return;
  }
  const ObjectName from = NameOf(source).object;
  const std::string database = database_;
  const auto* script = script_;
  draft_.DoWhenDefined(
      [this, from, database, script, table]() mutable {
        const Table* original = draft_.FindTable(from);
        if (original == nullptr) return false;
        for (catalog::Column column : original->columns) {
          column.default_expression = column.default_name = column.computed_expression = "";
          table.columns.push_back(std::move(column));
        }
        DraftObject object;
        object.value = table;
        object.database = database;
        object.script = script;
        draft_.Add(std::move(object), CatalogDraft::Mode::kCreateIfNone);
        return true;
      },
      unknown);
}

void CatalogBuilder::CreateView(Node statement) {
  const QualifiedName name = NameOf(statement.Child(Role::kName));
  catalog::View view;
  view.name = name.object;
  view.definition = std::string(statement.Text());
  view.place = PlaceOf(statement);
  view.schema_bound = static_cast<bool>(FindOption(statement, "schemabinding"));
  view.check_option = statement.TokenOf(Role::kCheckOption) != nullptr;
  AddObject(std::move(view), name.database, statement);
}

void CatalogBuilder::CreateRoutine(Node statement) {
  const QualifiedName name = NameOf(statement.Child(Role::kName));
  if (IsTemporary(name.object.name)) return;
  catalog::Routine routine;
  routine.name = name.object;
  routine.definition = std::string(statement.Text());
  routine.place = PlaceOf(statement);
  routine.parameters = ReadParameters(statement, context_.default_schema);
  if (statement.Is(NodeKind::kCreateFunction)) {
    routine.kind = KindOfFunction(statement);
    const Node returns = statement.Child(Role::kReturns);
    if (returns.Is(NodeKind::kDataType)) {
      routine.returns = ReadDataType(returns, TypePlace::kDeclaration, context_.default_schema);
    }
    Table columns;
    draft_.AddElements(columns,
                       ReadTableElements(returns.Children(Role::kElement), context_.default_schema),
                       true, true);
    routine.return_columns = std::move(columns.columns);
  } else if (statement.Has(Role::kExternal)) {
    routine.kind = RoutineKind::kClr;
  }
  AddObject(std::move(routine), name.database, statement);
}

void CatalogBuilder::CreateTrigger(Node statement) {
  catalog::Trigger trigger;
  const Node on = statement.Child(Role::kOn);
  const Node name_node = statement.Child(Role::kName);
  if (on) trigger.table = NameOf(on).object;
  const QualifiedName name = NameOf(name_node);
  trigger.name = name.object;
  // A trigger is in its table's schema: "CREATE TRIGGER".
  if (on && tsql::NameParts(name_node).size() == 1) trigger.name.schema = trigger.table.schema;
  trigger.events = TokenList(statement, Role::kEvent, ", ");
  trigger.instead_of = WordsOf(statement, Role::kTiming).starts_with("instead");
  trigger.definition = std::string(statement.Text());
  trigger.place = PlaceOf(statement);
  AddObject(std::move(trigger), name.database, statement);
}

void CatalogBuilder::CreateIndex(Node statement) {
  const ObjectName target = NameOf(statement.Child(Role::kTable)).object;
  if (IsTemporary(target.name)) return;
  catalog::Index index = ReadIndex(statement);
  const bool drops_existing = IsOptionOn(statement, "drop_existing");
  const Diagnostic missing = MakeDiagnostic(DiagnosticId::kObjectNotDefined, statement,
                                            {"the index " + index.name, target.ToString()});
  draft_.DoWhenDefined(
      [this, target, index, drops_existing] {
        DraftObject* object = draft_.Find(target);
        if (object == nullptr) return false;
        auto* view = std::get_if<catalog::View>(&object->value);
        auto* indexes = object->table() ? &object->table()->indexes
                        : view          ? &view->indexes
                                        : nullptr;
        if (indexes == nullptr) return false;
        const auto existing = std::ranges::find_if(*indexes, [&](const catalog::Index& other) {
          return EqualNames(other.name, index.name);
        });
        if (existing == indexes->end())
          indexes->push_back(index);
        else if (drops_existing)
          *existing = index;
        return true;
      },
      missing);
}

void CatalogBuilder::CreateType(Node statement) {
  if (statement.Has(Role::kExternal))
    return NotMigrated("CREATE TYPE ... EXTERNAL NAME", statement);
  catalog::UserType type;
  type.name = NameOf(statement.Child(Role::kName)).object;
  type.place = PlaceOf(statement);
  if (const Node base = statement.Child(Role::kType)) {
    type.base = ReadDataType(base, TypePlace::kDeclaration, context_.default_schema);
    const Node nullability = statement.Child(Role::kNullability);
    type.nullable = !nullability || nullability.TokenOf(Role::kNegation) == nullptr;
  } else {
    Table table;
    TableElements elements =
        ReadTableElements(statement.Children(Role::kElement), context_.default_schema);
    draft_.AddElements(table, std::move(elements), true, true);
    type.columns = std::move(table.columns);
    type.base.name = "table";
  }
  draft_.AddType(std::move(type), context_.is_conditional ? CatalogDraft::Mode::kCreateIfNone
                                                          : CatalogDraft::Mode::kCreate);
}

void CatalogBuilder::CreateSequence(Node statement) {
  const QualifiedName name = NameOf(statement.Child(Role::kName));
  catalog::Sequence sequence = ReadSequence(statement, context_.default_schema);
  sequence.name = name.object;
  sequence.place = PlaceOf(statement);
  AddObject(std::move(sequence), name.database, statement);
}

void CatalogBuilder::CreateSynonym(Node statement) {
  const QualifiedName name = NameOf(statement.Child(Role::kName));
  catalog::Synonym synonym;
  synonym.name = name.object;
  synonym.target = std::string(statement.Child(Role::kTarget).Text());
  synonym.place = PlaceOf(statement);
  AddObject(std::move(synonym), name.database, statement);
}

void CatalogBuilder::CreateSchema(Node statement) {
  const std::string name = tsql::UnquoteName(statement.TokenText(Role::kName));
  draft_.AddSchema(name);
  if (name.empty()) return;
  const std::string before = std::exchange(context_.default_schema, name);
  VisitAll(statement.Children(Role::kStatement));
  context_.default_schema = before;
}

void CatalogBuilder::WithTable(const ObjectName& name, Node statement,
                               std::function<void(Table&)> change) {
  if (IsTemporary(name.name)) return;
  draft_.DoWhenDefined(
      [this, name, change = std::move(change)] {
        Table* table = draft_.FindTable(name);
        if (table != nullptr) change(*table);
        return table != nullptr;
      },
      MakeDiagnostic(DiagnosticId::kObjectNotDefined, statement, {"ALTER TABLE", name.ToString()}));
}

void CatalogBuilder::AlterTable(Node statement) {
  const ObjectName name = NameOf(statement.Child(Role::kName)).object;
  for (Node action : statement.Children(Role::kAction)) AlterTableAction(action, name);
}

void CatalogBuilder::AlterTableAction(Node action, const ObjectName& name) {
  switch (action.kind()) {
    case NodeKind::kAlterTableAdd: {
      const bool is_trusted =
          WordsOf(action, Role::kWithCheck).find("nocheck") == std::string::npos;
      const bool quietly = context_.is_conditional;
      TableElements elements =
          ReadTableElements(action.Children(Role::kElement), context_.default_schema);
      return WithTable(name, action, [this, elements, is_trusted, quietly](Table& table) {
        draft_.AddElements(table, elements, is_trusted, quietly);
      });
    }
    case NodeKind::kAlterTableDrop: {
      std::vector<std::string> names;
      for (const tsql::Token* token : action.TokensOf(Role::kName)) {
        names.push_back(FoldName(tsql::UnquoteName(action.tree().TextOf(*token))));
      }
      const bool drops_period = WordsOf(action, Role::kKind).find("period") != std::string::npos;
      return WithTable(name, action, [names, drops_period](Table& table) {
        const auto is_dropped = [&](const auto& part) {
          return !part.name.empty() && std::ranges::find(names, FoldName(part.name)) != names.end();
        };
        if (drops_period) table.temporal.reset();
        std::erase_if(table.columns, is_dropped);
        std::erase_if(table.keys, is_dropped);
        std::erase_if(table.foreign_keys, is_dropped);
        std::erase_if(table.checks, is_dropped);
        for (catalog::Column& column : table.columns) {
          const bool drops_default =
              !column.default_name.empty() &&
              std::ranges::find(names, FoldName(column.default_name)) != names.end();
          if (drops_default) column.default_name = column.default_expression = "";
        }
      });
    }
    case NodeKind::kAlterColumn: {
      const Node column = action.Child(Role::kColumn);
      if (!column) return;
      ColumnDefinition definition = ReadColumn(column, context_.default_schema);
      return WithTable(name, action, [this, definition](Table& table) {
        draft_.ChangeColumn(table, definition);
      });
    }
    case NodeKind::kAlterTableCheck: {
      const bool enables = WordsOf(action, Role::kKind) == "check";
      const bool is_trusted = enables && WordsOf(action, Role::kWithCheck) == "with check";
      std::vector<std::string> names;
      for (const tsql::Token* token : action.TokensOf(Role::kName)) {
        names.push_back(FoldName(tsql::UnquoteName(action.tree().TextOf(*token))));
      }
      const bool all = names.empty() || names[0] == "all";
      return WithTable(name, action, [=](Table& table) {
        const auto is_meant = [&](const std::string& constraint) {
          return all || std::ranges::find(names, FoldName(constraint)) != names.end();
        };
        for (catalog::ForeignKey& key : table.foreign_keys) {
          if (!is_meant(key.name)) continue;
          key.enabled = enables;
          if (!enables || is_trusted) key.trusted = is_trusted;
        }
        for (catalog::CheckConstraint& check : table.checks) {
          if (is_meant(check.name)) check.enabled = enables;
        }
      });
    }
    default: {
      Table versioning;
      versioning.temporal.emplace();
      const Node option = FindOption(action, "system_versioning");
      if (!option) return;
      SetSystemVersioning(action, versioning, context_.default_schema);
      const ObjectName history = versioning.temporal->history_table;
      return WithTable(name, action, [history](Table& table) {
        if (!table.temporal) table.temporal.emplace();
        table.temporal->history_table = history;
      });
    }
  }
}

// A script that drops what another one defines is a clean-up script: nothing is known of the order
// they are meant in.
void CatalogBuilder::Drop(Node statement) {
  const std::string kind = WordsOf(statement, Role::kKind);
  for (Node name_node : statement.Children(Role::kName)) {
    const ObjectName name = NameOf(name_node).object;
    if (kind == "type") {
      draft_.DropType(name);
      continue;
    }
    if (kind == "index") {
      // DROP INDEX table.index, the old form: the first part is the table.
      WithTable({context_.default_schema, name.schema}, statement, [name](Table& table) {
        std::erase_if(table.indexes,
                      [&](const auto& index) { return EqualNames(index.name, name.name); });
      });
      continue;
    }
    DraftObject* object = draft_.Find(name);
    const bool fits = object != nullptr && kind.find(object->kind_word()) != std::string::npos;
    const bool is_routine = object != nullptr && std::get_if<catalog::Routine>(&object->value) &&
                            (kind == "procedure" || kind == "proc" || kind == "function");
    if (!fits && !is_routine) continue;
    if (object->script == script_) {
      object->dropped = true;
    } else {
      const catalog::SourcePlace& place = object->place();
      sink_.Report(
          MakeDiagnostic(DiagnosticId::kDropNotApplied, statement,
                         {name.ToString(), place.file + ":" + std::to_string(place.line)}));
    }
  }
}

void CatalogBuilder::Execute(Node statement) {
  const Node name = statement.Child(Role::kName);
  if (!name) {
    const Node value = statement.Child(Role::kValue);
    const auto text = value ? ConstantText(value) : std::nullopt;
    if (text) return ExecuteText(*text, statement);
    sink_.Report(MakeDiagnostic(DiagnosticId::kDynamicSqlNotRead, statement, {}));
    return;
  }
  const auto parts = tsql::NameParts(name);
  if (parts.empty()) return;
  if (EqualNames(parts.back(), "sp_executesql")) {
    const auto arguments = statement.Children(Role::kArgument);
    const auto text =
        arguments.empty() ? std::nullopt : ConstantText(arguments[0].Child(Role::kValue));
    if (text) return ExecuteText(*text, statement);
    sink_.Report(MakeDiagnostic(DiagnosticId::kDynamicSqlNotRead, statement, {}));
    return;
  }
  SystemProcedures(*this).Execute(parts.back(), statement);
}

void CatalogBuilder::ExecuteText(const std::string& text, Node statement) {
  constexpr int kMaxDepth = 8;
  if (context_.depth >= kMaxDepth) return;
  diagnostics::DiagnosticSink errors;
  const tsql::ParseResult parsed = tsql::ParseBatch(text, {}, errors);
  for (Diagnostic diagnostic : errors.Take()) {
    const catalog::SourcePlace place = PlaceOf(statement);
    diagnostic.file = place.file;
    diagnostic.place = {place.line, place.column};
    sink_.Report(std::move(diagnostic));
  }
  const Context before = context_;
  ++context_.depth;
  if (!context_.fixed_offset) context_.fixed_offset = statement.span().begin;
  VisitAll(parsed.tree.Root().Children(Role::kStatement));
  context_ = before;
}

void CatalogBuilder::Select(Node statement) {
  const Node query = statement.Child(Role::kQuery);
  const Node into = query.Child(Role::kBody).Child(Role::kInto);
  if (!into) return;
  const ObjectName name = NameOf(into).object;
  if (IsTemporary(name.name) || draft_.Find(name) != nullptr) return;
  Table table;
  table.name = name;
  table.place = PlaceOf(statement);
  CopyTableColumns(query, name, std::move(table));
}

void CatalogBuilder::Command(Node statement) {
  const std::string verb = WordsOf(statement, Role::kVerb);
  if (verb == "create database") {
    const Node name = statement.Child(Role::kName);
    const auto parts = name ? tsql::NameParts(name) : std::vector<std::string>();
    collation_ = std::string(statement.TokenText(Role::kCollation));
    created_database_ =
        parts.empty() ? tsql::UnquoteName(statement.TokenText(Role::kName)) : parts.back();
  } else if (verb == "alter database") {
    const std::string collation(statement.TokenText(Role::kCollation));
    if (!collation.empty()) collation_ = collation;
  } else if (verb == "create default") {
    const Node name = statement.Child(Role::kName);
    const Node value = statement.Child(Role::kValue);
    if (name && value) {
      defaults_[FoldName(NameOf(name).object.ToString())] = std::string(value.Text());
    }
  } else if (verb.starts_with("create ") || verb.starts_with("grant") || verb.starts_with("deny")) {
    std::string upper = verb;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    NotMigrated(upper, statement);
  }
}

void CatalogBuilder::NotMigrated(const std::string& what, Node statement) {
  Counted& counted = not_migrated_[what];
  if (counted.count++ == 0) {
    counted.first = MakeDiagnostic(DiagnosticId::kNotMigrated, statement, {what});
  }
}

void CatalogBuilder::RememberVariables(Node statement) {
  const auto remember = [&](std::string_view name, Node value, bool appends) {
    const std::string key = FoldName(name);
    const auto text = value ? ConstantText(value) : std::nullopt;
    const auto known = variables_.find(key);
    if (!text || (appends && known == variables_.end())) {
      variables_.erase(key);
    } else {
      variables_[key] = appends ? known->second + *text : *text;
    }
  };
  if (statement.Is(NodeKind::kSetVariable)) {
    const std::string operators = WordsOf(statement, Role::kOperator);
    if (const tsql::Token* target = statement.TokenOf(Role::kTarget)) {
      remember(statement.tree().TextOf(*target), statement.Child(Role::kValue),
               operators[0] == '+');
    }
    return;
  }
  for (Node item : statement.Children(Role::kItem)) {
    if (item.Is(NodeKind::kVariableDeclaration) && item.Child(Role::kValue)) {
      remember(item.TokenText(Role::kName), item.Child(Role::kValue), false);
    }
  }
}

std::optional<std::string> CatalogBuilder::ConstantText(Node expression) const {
  switch (expression.kind()) {
    case NodeKind::kLiteral: {
      const tsql::Token* token = expression.TokenOf(Role::kValue);
      const std::string_view text = expression.TokenText(Role::kValue);
      if (token == nullptr) return std::nullopt;
      if (token->kind == tsql::TokenKind::kString ||
          token->kind == tsql::TokenKind::kNationalString) {
        return tsql::UnquoteString(text);
      }
      if (token->kind == tsql::TokenKind::kQuotedName) return tsql::UnquoteName(text);
      return EqualNames(text, "null") ? std::string() : std::string(text);
    }
    case NodeKind::kParenthesized:
      return ConstantText(expression.Child(Role::kOperand));
    case NodeKind::kVariableReference: {
      const auto found = variables_.find(FoldName(expression.TokenText(Role::kValue)));
      if (found == variables_.end()) return std::nullopt;
      return found->second;
    }
    case NodeKind::kCast:
    case NodeKind::kConvert:
      return ConstantText(expression.Child(Role::kOperand));
    case NodeKind::kBinary: {
      // Long concatenations lean to the left: they are walked, not recursed into.
      std::vector<Node> spine;
      for (Node at = expression; at.Is(NodeKind::kBinary); at = at.Child(Role::kLeft))
        spine.push_back(at);
      auto text = ConstantText(spine.back().Child(Role::kLeft));
      for (auto node = spine.rbegin(); text && node != spine.rend(); ++node) {
        const bool joins = WordsOf(*node, Role::kOperator) == "+";
        const auto right = joins ? ConstantText(node->Child(Role::kRight)) : std::nullopt;
        if (!right) return std::nullopt;
        *text += *right;
      }
      return text;
    }
    case NodeKind::kColumnReference: {
      // EXECUTE takes a bare word as a text.
      const auto parts = tsql::NameParts(expression.Child(Role::kName));
      return parts.size() == 1 ? std::optional(parts[0]) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

catalog::Catalog CatalogBuilder::Finish() {
  for (auto& [what, counted] : not_migrated_) {
    counted.first.arguments.push_back(std::to_string(counted.count));
    sink_.Report(std::move(counted.first));
  }
  catalog::Catalog catalog = draft_.Finish();
  if (catalog.database.empty()) catalog.database = created_database_;
  catalog.collation = collation_;
  return catalog;
}

}  // namespace datamigrate::source
