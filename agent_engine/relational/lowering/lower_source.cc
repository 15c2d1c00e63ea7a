// FROM: tables, views, synonyms, derived tables, joins, APPLY, and functions that return tables.
#include <algorithm>

#include "agent_engine/relational/lowering/lowering_impl.h"

namespace datamigrate::relational {
namespace {

using namespace tsql;

constexpr int kMaxSynonyms = 8;

std::vector<std::vector<std::string>> KeysOf(const catalog::Table& table) {
  std::vector<std::vector<std::string>> keys;
  for (const catalog::KeyConstraint& key : table.keys) {
    std::vector<std::string> columns;
    for (const catalog::IndexColumn& column : key.columns) columns.push_back(column.name);
    keys.push_back(std::move(columns));
  }
  return keys;
}

std::vector<std::string> SplitName(const std::string& text) {
  std::vector<std::string> parts(1);
  bool in_brackets = false;
  for (const char c : text) {
    if (c == '[' || c == ']')
      in_brackets = c == '[';
    else if (c == '.' && !in_brackets)
      parts.emplace_back();
    else if (c != '"')
      parts.back() += c;
  }
  return parts;
}

std::string JoinedName(const std::vector<std::string>& parts) {
  std::string name;
  for (const std::string& part : parts) name += (name.empty() ? "" : ".") + part;
  return name;
}

}  // namespace

std::vector<RangeColumn> ColumnsOf(const Query& query) {
  std::vector<RangeColumn> columns;
  for (const OutputField& field : query.fields) columns.push_back({field.name, field.type});
  return columns;
}

std::vector<std::string> Lowering::ReservedAliases(const Scope& scope) const {
  std::vector<std::string> aliases = reserved_aliases_;
  for (const Scope* current = &scope; current != nullptr; current = current->outer) {
    for (const RangeVariable& range : current->ranges) aliases.push_back(FoldName(range.printed));
  }
  return aliases;
}

// Inside an expanded function an alias must not hide one of the caller's, which arguments may use.
std::string Lowering::UniqueAlias(const std::string& name) const {
  std::string alias = name;
  for (int i = 2; std::ranges::find(reserved_aliases_, FoldName(alias)) != reserved_aliases_.end();
       ++i) {
    alias = name + "_" + std::to_string(i);
  }
  return alias;
}

RangeVariable& Lowering::AddRange(Scope& scope, Source& source, std::string name,
                                  std::string schema, RangeColumns columns) {
  RangeVariable range;
  range.printed = UniqueAlias(name);
  range.name = std::move(name);
  range.schema = std::move(schema);
  range.columns = std::move(columns);
  range.id = next_range_++;
  source.alias = range.printed;
  source.range = range.id;
  scope.ranges.push_back(std::move(range));
  return scope.ranges.back();
}

void Lowering::AddRead(const catalog::ObjectName& name) {
  if (std::ranges::find(reads_, name) == reads_.end()) reads_.push_back(name);
}

const CteEntry* Lowering::FindCte(std::string_view name) const {
  const std::string folded = FoldName(name);
  const auto found = std::find_if(ctes_.rbegin(), ctes_.rend(),
                                  [&](const CteEntry& cte) { return cte.name == folded; });
  return found == ctes_.rend() ? nullptr : &*found;
}

void Lowering::NoteHints(Node hints) {
  if (hints) Report(DiagnosticId::kHintDropped, hints, {std::string(hints.Text())});
}

RangeVariable Lowering::TableRange(const catalog::Table& table) {
  RelationFacts& facts = RelationFacts::Of(catalog_, table);
  std::shared_ptr<const RelationFacts::Relation> relation = facts.Find(&table);
  if (relation == nullptr) {
    relation = facts.Remember(
        &table, {TableColumns(table), std::make_shared<const RangeKeys>(KeysOf(table))});
  }
  RangeVariable range;
  range.name = table.name.name;
  range.schema = table.name.schema;
  range.printed = table.name.name;
  range.columns = relation->columns;
  range.keys = relation->keys;
  range.id = next_range_++;
  return range;
}

// Types of computed columns follow from their expressions, which see the other columns.
RangeColumns Lowering::TableColumns(const catalog::Table& table) {
  std::vector<RangeColumn> columns;
  columns.reserve(table.columns.size());
  for (const catalog::Column& column : table.columns) {
    SqlType type = FromCatalogType(column.type);
    type.nullable = column.nullable;
    type.collation = column.collation;
    columns.push_back({column.name, std::move(type)});
  }
  Scope own;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::Column& column = table.columns[i];
    if (column.computed_expression.empty() || columns[i].type.id != TypeId::kUnknown) continue;
    if (own.ranges.empty()) {
      RangeVariable& range = own.ranges.emplace_back();
      range.name = table.name.name;
      range.schema = table.name.schema;
    }
    own.ranges[0].columns = columns;  // With the types of the computed ones before it.
    diagnostics::DiagnosticSink ignored;
    const ParseResult parsed = ParseExpression(column.computed_expression, false, {}, ignored);
    if (!parsed.ok) continue;
    Lowering inner(catalog_, options_, {}, views_, ignored);
    SqlType type = inner.LowerExpr(parsed.tree.Root(), own)->type;
    if (ignored.HasErrors()) continue;
    type.nullable = column.nullable;
    columns[i].type = std::move(type);
  }
  return columns;
}

RangeColumns Lowering::ViewColumns(const catalog::View& view) {
  RelationFacts& facts = RelationFacts::Of(catalog_, view);
  if (const auto known = facts.Find(&view)) return known->columns;
  if (std::ranges::find(*views_, &view) != views_->end()) return {};
  views_->push_back(&view);
  std::vector<RangeColumn> columns;
  diagnostics::DiagnosticSink ignored;
  const ParseResult parsed = ParseBatch(view.definition, {}, ignored);
  const Node create = parsed.tree.Root().Child(Role::kStatement);
  if (parsed.ok && create.Is(NodeKind::kCreateView)) {
    Lowering inner(catalog_, options_, {}, views_, ignored);
    const QueryPtr query = inner.LowerSelectStatement(create.Child(Role::kQuery), nullptr);
    const std::vector<Node> names = create.Child(Role::kColumns).Children(Role::kItem);
    for (size_t i = 0; i < query->fields.size(); ++i) {
      OutputField& field = query->fields[i];
      columns.push_back(
          {i < names.size() ? UnquoteName(names[i].TokenText(Role::kPart)) : std::move(field.name),
           std::move(field.type)});
    }
  }
  views_->pop_back();
  return facts.Remember(&view, {std::move(columns), nullptr})->columns;
}

RangeColumns Lowering::RenamedColumns(Node column_list, RangeColumns columns, Node node) {
  if (!column_list) return columns;
  const std::vector<Node> names = column_list.Children(Role::kItem);
  if (names.size() != columns.size() && !sink_.HasErrors()) {
    Report(DiagnosticId::kColumnCountDiffers, node,
           {"the column list", std::to_string(names.size()), std::to_string(columns.size())});
  }
  std::vector<RangeColumn> renamed;
  for (size_t i = 0; i < names.size(); ++i) {
    renamed.push_back({UnquoteName(names[i].TokenText(Role::kPart)),
                       i < columns.size() ? columns[i].type : SqlType{}});
  }
  return renamed;
}

SourcePtr Lowering::LowerFrom(Node from, Scope& scope) {
  SourcePtr result;
  for (const Node node : from.Children(Role::kSource)) {
    const size_t known_documents = xml_documents_.size();
    SourcePtr source = LowerSource(node, scope);
    result = BehindDocuments(std::move(result), known_documents);
    if (!result) {
      result = std::move(source);
      continue;
    }
    auto join = std::make_unique<Source>();
    join->kind = SourceKind::kJoin;
    join->join = JoinKind::kCross;
    join->left = std::move(result);
    join->right = std::move(source);
    result = std::move(join);
  }
  return result;
}

SourcePtr Lowering::LowerSource(Node node, Scope& scope) {
  switch (node ? node.kind() : NodeKind::kBatch) {
    case NodeKind::kTableReference:
      return LowerTableReference(node, scope);
    case NodeKind::kVariableTable:
      return LowerVariableTable(node, scope);
    case NodeKind::kDerivedTable:
      return LowerDerived(node, scope);
    case NodeKind::kValuesTable:
      return LowerValues(node, scope);
    case NodeKind::kJoin:
      return LowerJoin(node, scope);
    case NodeKind::kApply:
      return LowerApply(node, scope);
    case NodeKind::kParenthesizedTable:
    case NodeKind::kOdbcJoin:
      return LowerSource(node.Child(Role::kSource), scope);
    case NodeKind::kFunctionTable:
      return LowerFunctionTable(node, scope);
    case NodeKind::kPivot:
      return LowerPivot(node, scope);
    case NodeKind::kUnpivot:
      return LowerUnpivot(node, scope);
    default: {
      Report(DiagnosticId::kUnsupportedConstruct, node, {Described(node), options_.target_name});
      auto source = std::make_unique<Source>();
      source->kind = SourceKind::kNamed;
      AddRange(scope, *source, UnquoteName(node.TokenText(Role::kAlias)), "", {}).open = true;
      return source;
    }
  }
}

SourcePtr Lowering::LowerTableReference(Node node, Scope& scope) {
  NoteHints(node.Child(Role::kHints));
  if (node.Has(Role::kSample)) {
    Report(DiagnosticId::kUnsupportedConstruct, node.Child(Role::kSample),
           {"TABLESAMPLE", options_.target_name});
  }
  if (node.Has(Role::kForSystemTime)) return LowerSystemTime(node, scope);
  return LowerNamed(NamePartsOf(node.Child(Role::kName)), node, scope, 0);
}

SourcePtr Lowering::LowerVariableTable(Node node, Scope& scope) {
  NoteHints(node.Child(Role::kHints));
  return LowerNamed({std::string(node.TokenText(Role::kValue))}, node, scope, 0);
}

SourcePtr Lowering::LowerNamed(const std::vector<std::string>& parts, Node node, Scope& scope,
                               int depth) {
  auto source = std::make_unique<Source>();
  const std::string_view alias_text = node.TokenText(Role::kAlias);
  const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
  const std::string& name = parts.back();
  const auto exposed = [&](const std::string& own) {
    return alias_text.empty() ? own : UnquoteName(alias_text);
  };
  const std::string exposed_schema = alias_text.empty() ? schema : "";
  if (parts.size() == 1) {
    if (const CteEntry* cte = FindCte(name)) {
      source->kind = SourceKind::kNamed;
      source->name_parts = {cte->printed};
      AddRange(scope, *source, exposed(cte->printed), "", cte->columns);
      return source;
    }
  }
  const bool is_local =
      parts.size() <= 2 || parts[parts.size() - 3].empty() ||
      (parts.size() == 3 && FoldName(parts[0]) == FoldName(catalog_.catalog().database));
  if (is_local) {
    if (const catalog::Table* table = catalog_.FindTable(schema, name)) {
      source->relation = table->name;
      AddRead(table->name);
      RangeVariable range = TableRange(*table);
      AddRange(scope, *source, exposed(table->name.name), exposed_schema, std::move(range.columns))
          .keys = std::move(range.keys);
      return source;
    }
    if (const catalog::View* view = catalog_.FindView(schema, name)) {
      source->relation = view->name;
      AddRead(view->name);
      RangeColumns columns = ViewColumns(*view);
      const bool open = columns.empty();
      AddRange(scope, *source, exposed(view->name.name), exposed_schema, std::move(columns)).open =
          open;
      return source;
    }
    if (const catalog::Synonym* synonym = catalog_.FindSynonym(schema, name);
        synonym != nullptr && depth < kMaxSynonyms) {
      SourcePtr target = LowerNamed(SplitName(synonym->target), node, scope, depth + 1);
      if (alias_text.empty() && depth == 0) {
        scope.ranges.back().name = synonym->name.name;
        scope.ranges.back().printed = UniqueAlias(synonym->name.name);
        target->alias = scope.ranges.back().printed;
      }
      return target;
    }
  }
  if (parts.size() > 3) {
    Report(DiagnosticId::kUnsupportedConstruct, node,
           {"a table of a linked server", options_.target_name});
  }
  if (SourcePtr described = LowerInformationSchema(parts, node, scope)) return described;
  Report(
      options_.keep_unknown ? DiagnosticId::kUnknownRelationKept : DiagnosticId::kUnknownRelation,
      node, {JoinedName(parts)});
  source->kind = SourceKind::kNamed;
  source->name_parts = parts;
  // "msdb..backupset" is a table of the other database's default schema.
  if (parts.size() == 3 && schema.empty()) source->name_parts[1] = "dbo";
  AddRange(scope, *source, exposed(name), exposed_schema, {}).open = true;
  return source;
}

SourcePtr Lowering::LowerDerived(Node node, Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->query = LowerQuery(node.Child(Role::kQuery), scope.outer, false);
  bool open = false;
  for (const SelectItem& item : source->query->items)
    open = open || item.expr->kind == ExprKind::kStar;
  const Node names = node.Child(Role::kColumns);
  RangeColumns columns = RenamedColumns(names, ColumnsOf(*source->query), node);
  if (names) {
    for (const RangeColumn& column : columns) source->column_names.push_back(column.name);
  } else {
    CheckNames(*source->query, node);
  }
  AddRange(scope, *source, UnquoteName(node.TokenText(Role::kAlias)), "", std::move(columns)).open =
      open;
  return source;
}

SourcePtr Lowering::LowerValues(Node node, Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kValues;
  Scope values_scope;
  values_scope.outer = &scope;
  std::vector<SqlType> types;
  for (const Node row : node.Children(Role::kRow)) {
    auto& cells = source->rows.emplace_back();
    for (const Node item : row.Children(Role::kItem))
      cells.push_back(LowerExpr(item, values_scope));
    if (types.empty()) {
      for (const ExprPtr& cell : cells) types.push_back(cell->type);
    }
    if (cells.size() != types.size()) {
      Report(DiagnosticId::kColumnCountDiffers, row,
             {"the row", std::to_string(cells.size()), std::to_string(types.size())});
      cells.resize(types.size());
      for (ExprPtr& cell : cells)
        if (!cell) cell = MakeNull(SqlType{});
    }
    for (size_t i = 0; i < cells.size(); ++i) types[i] = CommonType(types[i], cells[i]->type);
  }
  for (auto& row : source->rows) {
    for (size_t i = 0; i < row.size(); ++i) row[i] = Convert(std::move(row[i]), types[i], true);
  }
  std::vector<RangeColumn> nameless;
  for (const SqlType& type : types) nameless.push_back({"", type});
  RangeColumns columns = RenamedColumns(node.Child(Role::kColumns), std::move(nameless), node);
  for (const RangeColumn& column : columns) source->column_names.push_back(column.name);
  AddRange(scope, *source, UnquoteName(node.TokenText(Role::kAlias)), "", std::move(columns));
  return source;
}

SourcePtr Lowering::LowerJoin(Node node, Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kJoin;
  source->left = LowerWithDocuments(node.Child(Role::kLeft), scope);
  const size_t left_ranges = scope.ranges.size();
  source->right = LowerWithDocuments(node.Child(Role::kRight), scope);
  const std::string kind = JoinedTokens(node, Role::kJoinKind, " ");
  for (const std::string_view hint :
       {"LOOP", "HASH", "MERGE", "REMOTE", "REDUCE", "REPLICATE", "REDISTRIBUTE"}) {
    if (kind.find(hint) != std::string::npos)
      Report(DiagnosticId::kHintDropped, node, {"the join hint " + std::string(hint)});
  }
  source->join = kind.starts_with("LEFT")    ? JoinKind::kLeft
                 : kind.starts_with("RIGHT") ? JoinKind::kRight
                 : kind.starts_with("FULL")  ? JoinKind::kFull
                 : kind.starts_with("CROSS") ? JoinKind::kCross
                                             : JoinKind::kInner;
  if (const Node condition = node.Child(Role::kCondition))
    source->condition = LowerExpr(condition, scope);
  // Columns of the side that an outer join fills up may be NULL.
  const bool fills_left = source->join == JoinKind::kRight || source->join == JoinKind::kFull;
  const bool fills_right = source->join == JoinKind::kLeft || source->join == JoinKind::kFull;
  for (size_t i = 0; i < scope.ranges.size(); ++i) {
    if (i < left_ranges ? !fills_left : !fills_right) continue;
    scope.ranges[i].columns.MakeNullable();
  }
  return source;
}

SourcePtr Lowering::LowerApply(Node node, Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kJoin;
  source->left = LowerWithDocuments(node.Child(Role::kLeft), scope);
  const bool is_outer = JoinedTokens(node, Role::kJoinKind, " ").starts_with("OUTER");
  // The right side sees the left side's columns, always with their table's alias.
  const size_t before = scope.ranges.size();
  Scope caller = scope;
  Scope lateral;
  lateral.outer = &caller;
  const size_t known_documents = xml_documents_.size();
  source->right = LowerSource(node.Child(Role::kRight), lateral);
  source->left = BehindDocuments(std::move(source->left), known_documents);
  for (RangeVariable& range : lateral.ranges) scope.ranges.push_back(std::move(range));
  source->right->lateral =
      source->right->kind == SourceKind::kDerived || source->right->kind == SourceKind::kValues;
  source->join = is_outer ? JoinKind::kLeft : JoinKind::kCross;
  if (is_outer) {
    for (size_t i = before; i < scope.ranges.size(); ++i) {
      scope.ranges[i].columns.MakeNullable();
    }
  }
  return source;
}

SourcePtr Lowering::LowerFunctionTable(Node node, Scope& scope) {
  const Node call = node.Child(Role::kCall);
  if (call.Is(NodeKind::kFunctionCall)) {
    const std::vector<std::string> parts = NamePartsOf(call.Child(Role::kName));
    const std::string name = UpperText(parts.back());
    const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : "";
    if (parts.size() == 1 && name == "STRING_SPLIT") return LowerStringSplit(call, node, scope);
    if (parts.size() == 1 && name == "OPENJSON") return LowerOpenJson(call, node, scope);
    if (parts.size() == 1 && name == "GENERATE_SERIES")
      return LowerGenerateSeries(call, node, scope);
    if (const catalog::Routine* routine = catalog_.FindRoutine(schema, parts.back())) {
      if (routine->kind == catalog::RoutineKind::kInlineFunction)
        return InlineFunction(*routine, call, node, scope);
      if (routine->kind == catalog::RoutineKind::kTableFunction)
        return InlineTableFunction(*routine, call, node, scope);
      Report(DiagnosticId::kUnsupportedConstruct, call,
             {"the table function " + routine->name.ToString(), options_.target_name});
    } else {
      Report(parts.size() > 1 ? DiagnosticId::kUnknownFunction : DiagnosticId::kUnsupportedFunction,
             call, {JoinedName(parts), options_.target_name},
             name == "OPENXML" ? "read the document with nodes() and value()" : "");
    }
  } else if (FoldName(UnquoteName(call.TokenText(Role::kMethod))) == "nodes") {
    return LowerXmlNodes(call, node, scope);
  } else {
    Report(DiagnosticId::kUnsupportedMethod, call,
           {std::string(call.TokenText(Role::kMethod)), "xml", options_.target_name});
  }
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kNamed;
  AddRange(scope, *source, UnquoteName(node.TokenText(Role::kAlias)), "", {}).open = true;
  return source;
}

// An inline function is a view with parameters: its query takes the call's place, arguments in
// place of parameters.
SourcePtr Lowering::InlineFunction(const catalog::Routine& routine, Node call, Node node,
                                   Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kDerived;
  source->query = std::make_unique<Query>();
  const std::string alias = node.TokenText(Role::kAlias).empty()
                                ? routine.name.name
                                : UnquoteName(node.TokenText(Role::kAlias));
  const std::string key = FoldName(routine.name.ToString());
  if (std::ranges::find(inlining_, key) != inlining_.end()) {
    Report(DiagnosticId::kRecursiveView, call, {routine.name.ToString()});
    AddRange(scope, *source, alias, "", {}).open = true;
    return source;
  }
  diagnostics::DiagnosticSink ignored;
  const ParseResult parsed = ParseBatch(routine.definition, {}, ignored);
  const Node create = parsed.tree.Root().Child(Role::kStatement);
  const Node query = create.Child(Role::kQuery);
  if (!parsed.ok || !query) {
    Report(DiagnosticId::kDefinitionNotParsed, call, {routine.name.ToString()});
    AddRange(scope, *source, alias, "", {}).open = true;
    return source;
  }
  // Arguments of APPLY see the sources to the left: they are in the outer scope there.
  const Scope& caller = scope.ranges.empty() && scope.outer != nullptr ? *scope.outer : scope;
  Variables bound = BindParameters(routine, call, caller);
  std::vector<std::string> reserved = ReservedAliases(caller);
  std::swap(reserved_aliases_, reserved);
  std::swap(variables_, bound);
  const auto span = std::exchange(span_override_, SpanOf(call));
  std::vector<CteEntry> ctes = std::move(ctes_);
  ctes_.clear();
  inlining_.push_back(key);
  source->query = LowerSelectStatement(query, nullptr);
  inlining_.pop_back();
  ctes_ = std::move(ctes);
  std::swap(reserved_aliases_, reserved);
  span_override_ = span;
  std::swap(variables_, bound);
  RangeColumns columns =
      RenamedColumns(node.Child(Role::kColumns), ColumnsOf(*source->query), node);
  if (node.Has(Role::kColumns)) {
    for (const RangeColumn& column : columns) source->column_names.push_back(column.name);
  }
  AddRange(scope, *source, alias, "", std::move(columns));
  return source;
}

SourcePtr Lowering::LowerStringSplit(Node call, Node node, Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kFunction;
  const std::vector<Node> arguments = call.Children(Role::kArgument);
  bool has_ordinal = false;
  if (arguments.size() == 3) {
    Scope none;
    const ExprPtr flag = LowerExpr(arguments[2], none);
    has_ordinal = flag->kind == ExprKind::kNumber && flag->text == "1";
    if (flag->kind != ExprKind::kNumber && flag->kind != ExprKind::kNull) {
      Report(DiagnosticId::kUnsupportedConstruct, arguments[2],
             {"STRING_SPLIT with an ordinal that is not a constant", options_.target_name});
    }
  }
  Scope values;
  values.outer = scope.ranges.empty() && scope.outer != nullptr ? scope.outer : &scope;
  std::vector<ExprPtr> lowered;
  for (size_t i = 0; i < arguments.size() && i < 2; ++i)
    lowered.push_back(ConvertArgument(LowerExpr(arguments[i], values), 'S'));
  source->call = MakeCall(has_ordinal ? "STRING_SPLIT_ORDINAL" : "STRING_SPLIT",
                          MakeSized(TypeId::kNVarChar, SqlType::kMax), std::move(lowered));
  source->call->span = SpanOf(call);
  source->column_names = {"value"};
  const std::string alias = node.TokenText(Role::kAlias).empty()
                                ? "string_split"
                                : UnquoteName(node.TokenText(Role::kAlias));
  std::vector<RangeColumn> columns = {{"value", source->call->type}};
  if (has_ordinal) {
    source->column_names.emplace_back("ordinal");
    columns.push_back({"ordinal", MakeType(TypeId::kBigInt, false)});
  }
  AddRange(scope, *source, alias, "", std::move(columns));
  return source;
}

SourcePtr Lowering::LowerGenerateSeries(Node call, Node node, Scope& scope) {
  auto source = std::make_unique<Source>();
  source->kind = SourceKind::kFunction;
  Scope values;
  values.outer = scope.ranges.empty() && scope.outer != nullptr ? scope.outer : &scope;
  std::vector<ExprPtr> lowered;
  for (const Node argument : call.Children(Role::kArgument))
    lowered.push_back(LowerExpr(argument, values));
  const SqlType type = lowered.empty() ? MakeType(TypeId::kInt) : lowered[0]->type;
  source->call = MakeCall("GENERATE_SERIES", type, std::move(lowered));
  source->call->span = SpanOf(call);
  source->column_names = {"value"};
  const std::string alias = node.TokenText(Role::kAlias).empty()
                                ? "generate_series"
                                : UnquoteName(node.TokenText(Role::kAlias));
  AddRange(scope, *source, alias, "", {{"value", type}});
  return source;
}

}  // namespace datamigrate::relational
