#include "agent_engine/source/scripts/rows/statement_runner.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent_engine/source/scripts/catalog_builder.h"
#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/definition_reader.h"

namespace datamigrate::source {

using catalog::EqualNames;
using catalog::FoldName;
using diagnostics::DiagnosticId;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

namespace {

constexpr int kMaxModuleDepth = 32;  // As the server's nesting of procedures and functions.

bool ChangesSession(Node option) {
  const std::string text = FoldName(option.Text());
  return text.find("identity_insert") != std::string::npos ||
         text.find("dateformat") != std::string::npos || text.find("language") != std::string::npos;
}

bool CreatesTable(Node node) {
  if (node.Is(NodeKind::kCreateTable)) return true;
  if (!node.Is(NodeKind::kBlock) && !node.Is(NodeKind::kTryCatch)) return false;
  const auto children = node.Children();
  return std::ranges::any_of(children, [](Node child) { return CreatesTable(child); });
}

// System procedures change definitions, which were read already, or settings of the server.
bool IsSystemProcedure(const std::vector<std::string>& parts) {
  const std::string name = FoldName(parts.back());
  return name.starts_with("sp_") || name.starts_with("xp_") ||
         (parts.size() > 1 && EqualNames(parts[parts.size() - 2], "sys"));
}

}  // namespace

bool TouchesRows(Node node) {
  switch (node.kind()) {
    case NodeKind::kInsertStatement:
    case NodeKind::kUpdateStatement:
    case NodeKind::kDeleteStatement:
    case NodeKind::kMergeStatement:
    case NodeKind::kTruncateTable:
    case NodeKind::kBulkInsert:
    case NodeKind::kExecuteStatement:
      return true;
    case NodeKind::kSetOption:
      return ChangesSession(node);
    case NodeKind::kSelectStatement:
      return static_cast<bool>(node.Child(Role::kQuery).Child(Role::kBody).Child(Role::kInto));
    case NodeKind::kBatch:
    case NodeKind::kBlock:
    case NodeKind::kIf:
    case NodeKind::kWhile:
    case NodeKind::kTryCatch: {
      const auto children = node.Children();
      return std::ranges::any_of(children, [](Node child) { return TouchesRows(child); });
    }
    default:
      return false;
  }
}

StatementRunner::StatementRunner(const catalog::Catalog& catalog, TableSet& tables,
                                 StatementRunnerOptions options, diagnostics::DiagnosticSink& sink)
    : catalog_(catalog),
      index_(catalog),
      tables_(tables),
      options_(std::move(options)),
      sink_(sink) {
  session_.now = options_.now;
  evaluator_ = std::make_unique<Evaluator>(session_, static_cast<EvaluationHost&>(*this));
  queries_ = std::make_unique<QueryRunner>(tables_, *evaluator_, options_.default_schema);
}

absl::Status StatementRunner::Run(const Batch& batch, Node root) {
  batch_ = &batch;
  for (int i = 0; i < batch.repeat && !out_of_steps_; ++i) {
    session_.variables.clear();
    session_.unknown_variables.clear();
    tables_.DropVariables();
    const auto flow = ExecuteAll(root.Children(Role::kStatement));
    if (!flow.ok()) return flow.status();
    if (!TouchesRows(root)) break;
  }
  return absl::OkStatus();
}

void StatementRunner::Finish() {
  for (const std::string& name : session_.run_time_functions) {
    std::string upper = name;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    sink_.Report({DiagnosticId::kValueOfRunTime, {}, {upper}, "", "", "", {}});
  }
}

// -- Control of flow -----------------------------------------------------------------------------

absl::StatusOr<StatementRunner::Flow> StatementRunner::ExecuteAll(
    const std::vector<Node>& statements) {
  for (Node statement : statements) {
    auto flow = Execute(statement);
    if (!flow.ok() || *flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

absl::StatusOr<StatementRunner::Flow> StatementRunner::Execute(Node statement) {
  if (module_depth_ == 0) statement_steps_ = 0;
  const auto attempt = [&](const char* what, const absl::Status& status) -> absl::StatusOr<Flow> {
    if (absl::Status left = Attempt(statement, what, TargetName(statement), status); !left.ok())
      return left;
    return Flow::kNext;
  };
  switch (statement.kind()) {
    case NodeKind::kBlock:
      return ExecuteAll(statement.Children(Role::kStatement));
    case NodeKind::kTryCatch:
      return Execute(statement.Child(Role::kTry));
    case NodeKind::kIf:
      return If(statement);
    case NodeKind::kWhile:
      return While(statement);
    case NodeKind::kReturn:
      return Return(statement);
    case NodeKind::kDeclareStatement:
      return attempt("DECLARE", Declare(statement));
    case NodeKind::kSetVariable:
      return attempt("SET", SetVariable(statement));
    case NodeKind::kSetOption:
      SetOption(statement);
      return Flow::kNext;
    case NodeKind::kSelectStatement:
      return attempt("SELECT", SelectStatement(statement));
    case NodeKind::kInsertStatement:
      return attempt("INSERT", Insert(statement));
    case NodeKind::kUpdateStatement:
      return attempt("UPDATE", Update(statement));
    case NodeKind::kDeleteStatement:
      return attempt("DELETE", Delete(statement));
    case NodeKind::kTruncateTable:
      return attempt("TRUNCATE TABLE", Truncate(statement));
    case NodeKind::kBulkInsert:
      return attempt("BULK INSERT", BulkInsert(statement));
    case NodeKind::kMergeStatement:
      return attempt("MERGE", Merge(statement));
    case NodeKind::kCreateTable:
      return attempt("CREATE TABLE", CreateTemporary(statement));
    case NodeKind::kDropStatement: {
      for (Node name : statement.Children(Role::kName)) {
        const auto parts = tsql::NameParts(name);
        if (!parts.empty() && IsTemporary(parts.back())) tables_.DropTemporary(parts.back());
      }
      return Flow::kNext;
    }
    case NodeKind::kExecuteStatement:
      return attempt("EXECUTE", ExecuteProcedure(statement));
    default: {
      const std::string text = FoldName(statement.Text().substr(0, 12));
      if (text.starts_with("break")) return Flow::kBreak;
      if (text.starts_with("continue")) return Flow::kContinue;
      if (text.starts_with("rollback")) {
        return attempt("ROLLBACK", absl::UnimplementedError("what was changed before is kept"));
      }
      return Flow::kNext;
    }
  }
}

absl::Status StatementRunner::Attempt(Node statement, const std::string& what,
                                      const std::string& table, const absl::Status& status) {
  if (status.ok()) return status;
  if (!store_failure_.ok()) return store_failure_;
  if (module_depth_ > 0) return status;
  const std::string why(status.message());
  if ((what == "INSERT" || what == "MERGE") && absl::IsInvalidArgument(status)) {
    Report(DiagnosticId::kRowRefused, statement, {table, why});
  } else if (what != "DECLARE" && what != "SET" && what != "CREATE TABLE") {
    Report(DiagnosticId::kStatementNotRun, statement, {what, table, why});
  }
  return absl::OkStatus();
}

absl::StatusOr<StatementRunner::Flow> StatementRunner::If(Node statement) {
  const Node then = statement.Child(Role::kThen), otherwise = statement.Child(Role::kElse);
  // IF there is no such table, CREATE it and fill it: the scripts describe a new database.
  if (CreatesTable(then)) return Execute(then);
  const auto holds = evaluator_->Test(statement.Child(Role::kCondition), nullptr);
  if (!holds.ok()) {
    if (module_depth_ > 0) return holds.status();
    if (TouchesRows(statement)) {
      Report(DiagnosticId::kStatementNotRun, statement,
             {"IF", TargetName(then), std::string(holds.status().message())});
    }
    return Flow::kNext;
  }
  if (holds->value_or(false)) return Execute(then);
  return otherwise ? Execute(otherwise) : absl::StatusOr<Flow>(Flow::kNext);
}

absl::StatusOr<StatementRunner::Flow> StatementRunner::While(Node statement) {
  while (true) {
    const auto holds = evaluator_->Test(statement.Child(Role::kCondition), nullptr);
    if (!holds.ok()) {
      if (module_depth_ > 0) return holds.status();
      if (TouchesRows(statement)) {
        Report(DiagnosticId::kStatementNotRun, statement,
               {"WHILE", TargetName(statement.Child(Role::kBody)),
                std::string(holds.status().message())});
      }
      return Flow::kNext;
    }
    if (!holds->value_or(false)) return Flow::kNext;
    const auto flow = Execute(statement.Child(Role::kBody));
    if (!flow.ok() || *flow == Flow::kReturn) return flow;
    if (*flow == Flow::kBreak || out_of_steps_) return Flow::kNext;
  }
}

absl::StatusOr<StatementRunner::Flow> StatementRunner::Return(Node statement) {
  if (const Node value = statement.Child(Role::kValue); value && module_depth_ > 0) {
    auto result = evaluator_->Evaluate(value, nullptr);
    if (!result.ok()) return result.status();
    return_value_ = *std::move(result);
  }
  return Flow::kReturn;
}

// -- Variables and settings ----------------------------------------------------------------------

absl::Status StatementRunner::Declare(Node statement) {
  for (Node item : statement.Children(Role::kItem)) {
    if (item.Is(NodeKind::kTableVariableDeclaration)) {
      if (absl::Status created = CreateTemporary(item); !created.ok()) return created;
      continue;
    }
    if (!item.Is(NodeKind::kVariableDeclaration)) continue;
    const std::string_view name = item.TokenText(Role::kName);
    session_.variables[FoldName(name)] = {ResolveType(item.Child(Role::kType), false),
                                          std::nullopt};
    session_.unknown_variables.erase(FoldName(name));
    if (const Node value = item.Child(Role::kValue)) {
      if (absl::Status set = Assign(name, "=", evaluator_->Evaluate(value, nullptr)); !set.ok())
        return set;
    }
  }
  return absl::OkStatus();
}

absl::Status StatementRunner::SetVariable(Node statement) {
  const tsql::Token* target = statement.TokenOf(Role::kTarget);
  const Node value = statement.Child(Role::kValue);
  if (target == nullptr || !value) return absl::UnimplementedError("this form of SET");
  return Assign(statement.tree().TextOf(*target), WordsOf(statement, Role::kOperator),
                evaluator_->Evaluate(value, nullptr));
}

absl::Status StatementRunner::Assign(std::string_view written, std::string_view operation,
                                     const absl::StatusOr<SqlValue>& value) {
  const std::string name = FoldName(written);
  const auto variable = session_.variables.find(name);
  if (variable == session_.variables.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the variable ", name, " is not declared in this batch"));
  }
  absl::StatusOr<SqlValue> result = value;
  if (result.ok() && operation.size() > 1 && operation != "=") {
    result = evaluator_->ComputeBinary(variable->second, operation.substr(0, 1), *result);
  }
  if (result.ok()) {
    ConversionSettings settings = session_.settings;
    settings.place = ConversionPlace::kCast;
    result = Convert(*result, variable->second.type, settings);
  }
  if (!result.ok()) {
    session_.unknown_variables[name] = std::string(result.status().message());
    return result.status();
  }
  session_.unknown_variables.erase(name);
  variable->second = *std::move(result);
  return absl::OkStatus();
}

absl::Status StatementRunner::SelectStatement(Node statement) {
  const Node with = statement.Child(Role::kWith), query = statement.Child(Role::kQuery);
  const Node body = query.Child(Role::kBody);
  const Node into = body.Child(Role::kInto);
  const auto items = body.Child(Role::kSelectList).Children(Role::kItem);
  const bool assigns =
      std::ranges::any_of(items, [](Node item) { return item.Is(NodeKind::kSelectAssignment); });
  if (!into && !assigns) return absl::OkStatus();
  queries_->BeginCtes(with);
  absl::Status status = assigns ? SelectAssign(query) : SelectInto(query, into);
  queries_->EndCtes(with);
  // What failed leaves its variables unknown; the statements that need them say so.
  return assigns && module_depth_ == 0 ? absl::OkStatus() : status;
}

absl::Status StatementRunner::SelectAssign(Node query) {
  const auto items = query.Child(Role::kBody).Child(Role::kSelectList).Children(Role::kItem);
  const absl::Status status = queries_->ForEach(query, nullptr, [&](const Scope& scope) {
    for (Node item : items) {
      auto value = evaluator_->Evaluate(item.Child(Role::kValue), &scope);
      const absl::Status assigned =
          Assign(item.TokenText(Role::kTarget), WordsOf(item, Role::kOperator), value);
      if (!assigned.ok()) return assigned;
    }
    return absl::OkStatus();
  });
  if (!status.ok()) {
    for (Node item : items) {
      session_.unknown_variables[FoldName(item.TokenText(Role::kTarget))] =
          std::string(status.message());
    }
  }
  return status;
}

void StatementRunner::SetOption(Node statement) {
  std::vector<std::string> words;
  const auto& tree = statement.tree();
  for (uint32_t i = statement.first_token(); i < statement.end_token(); ++i) {
    words.push_back(std::string(tree.TextOf(tree.tokens[i])));
  }
  if (words.size() < 3) return;
  const std::string option = FoldName(words[1]);
  if (option == "dateformat") {
    if (const auto order = ParseDateOrder(words[2])) session_.settings.date_order = *order;
  } else if (option == "language") {
    const std::string language = FoldName(words[2]);
    const bool is_american = language.find("us_english") != std::string::npos ||
                             language.find("english") == 1 || language == "english";
    session_.settings.date_order = is_american ? DateOrder::kMdy : DateOrder::kDmy;
  } else if (option == "identity_insert") {
    std::string name;
    for (size_t i = 2; i + 1 < words.size() && words[i] != ";"; ++i) {
      if (!EqualNames(words[i], "on") && !EqualNames(words[i], "off")) name += words[i];
    }
    const bool is_on =
        std::ranges::any_of(words, [](const std::string& word) { return EqualNames(word, "on"); });
    const auto qualified = ParseObjectName(name, options_.default_schema);
    const auto table =
        tables_.Find(qualified.object.schema, qualified.object.name, options_.default_schema);
    identity_insert_ = is_on ? table : std::nullopt;
  }
}

absl::Status StatementRunner::CreateTemporary(Node statement) {
  std::string name = std::string(statement.TokenText(Role::kName));
  if (name.empty()) {
    const auto parts = tsql::NameParts(statement.Child(Role::kName));
    if (parts.empty() || !IsTemporary(parts.back())) return absl::OkStatus();
    name = parts.back();
  }
  // The draft resolves types and nullability as it does for the catalog's tables.
  diagnostics::DiagnosticSink ignored;
  CatalogDraft draft(ignored);
  for (const catalog::UserType& type : catalog_.user_types)
    draft.AddType(type, CatalogDraft::Mode::kCreateIfNone);
  catalog::Table table;
  table.name = {"", name};
  draft.AddElements(table,
                    ReadTableElements(statement.Children(Role::kElement), options_.default_schema),
                    true, true);
  DraftObject object;
  object.value = std::move(table);
  draft.Add(std::move(object), CatalogDraft::Mode::kCreate);
  catalog::Catalog made = draft.Finish();
  if (made.tables.empty()) return absl::UnimplementedError("this temporary table");
  tables_.AddTemporary(std::move(made.tables[0]));
  return absl::OkStatus();
}

// -- Modules -------------------------------------------------------------------------------------

StatementRunner::Module* StatementRunner::ParseModule(const catalog::ObjectName& name,
                                                      const std::string& definition) {
  auto& module = modules_[FoldName(name.ToString())];
  if (!module) {
    module = std::make_unique<Module>();
    module->text = definition;
    diagnostics::DiagnosticSink ignored;
    module->parsed = tsql::ParseBatch(module->text, {}, ignored);
    const auto statements = module->parsed.tree.Root().Children(Role::kStatement);
    if (!statements.empty()) module->statement = statements[0];
  }
  return module.get();
}

StatementRunner::Module* StatementRunner::FindModule(const std::string& schema,
                                                     const std::string& name) {
  const catalog::Routine* routine =
      index_.FindRoutine(schema.empty() ? options_.default_schema : schema, name);
  return routine == nullptr ? nullptr : ParseModule(routine->name, routine->definition);
}

template <typename Action>
auto StatementRunner::InModule(std::map<std::string, SqlValue>& variables, Action action) {
  std::swap(session_.variables, variables);
  auto outer_unknown = std::exchange(session_.unknown_variables, {});
  ++module_depth_;
  auto result = action();
  --module_depth_;
  std::swap(session_.variables, variables);
  session_.unknown_variables = std::move(outer_unknown);
  return result;
}

absl::StatusOr<std::map<std::string, SqlValue>> StatementRunner::BindParameters(
    Node routine, const std::vector<SqlValue>& arguments) {
  const auto parameters = routine.Children(Role::kParameter);
  if (arguments.size() > parameters.size())
    return absl::InvalidArgumentError("there are more arguments than parameters");
  std::map<std::string, SqlValue> variables;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const SqlValue value = i < arguments.size() ? arguments[i] : NullValue();
    auto converted =
        Convert(value, ResolveType(parameters[i].Child(Role::kType), false), session_.settings);
    if (!converted.ok()) return converted.status();
    variables[FoldName(parameters[i].TokenText(Role::kName))] = *std::move(converted);
  }
  return variables;
}

absl::StatusOr<SqlValue> StatementRunner::CallFunction(const std::vector<std::string>& name,
                                                       const std::vector<SqlValue>& arguments) {
  const std::string written = name[name.size() - 2] + "." + name.back();
  Module* module = FindModule(name[name.size() - 2], name.back());
  if (module == nullptr)
    return absl::UnimplementedError(absl::StrCat("the function ", written, " is not defined"));
  const Node body = module->statement.Child(Role::kBody),
             returns = module->statement.Child(Role::kReturns);
  if (!body || !returns.Is(NodeKind::kDataType) || module_depth_ >= kMaxModuleDepth) {
    return absl::UnimplementedError(
        absl::StrCat("the function ", written, " is not run while scripts are read"));
  }
  if (module->version != tables_.version()) {
    module->results.clear();
    module->version = tables_.version();
  }
  std::string key;
  for (const SqlValue& argument : arguments) {
    key +=
        argument.is_null() ? "\x01" : std::to_string(argument.text->size()) + ":" + *argument.text;
  }
  const auto known = module->results.find(key);
  if (known != module->results.end()) return known->second;
  auto variables = BindParameters(module->statement, arguments);
  if (!variables.ok()) return variables.status();
  return_value_ = NullValue();
  const auto flow = InModule(*variables, [&] { return Execute(body); });
  if (!flow.ok()) return flow.status();
  auto result = Convert(return_value_, ResolveType(returns, false), session_.settings);
  if (result.ok()) module->results[key] = *result;
  return result;
}

absl::StatusOr<QueryResult> StatementRunner::RunModuleQuery(
    Node select, std::map<std::string, SqlValue> variables) {
  if (module_depth_ >= kMaxModuleDepth)
    return absl::ResourceExhaustedError("views and functions are nested too deep");
  const Node query = select.Is(NodeKind::kSelectStatement) ? select.Child(Role::kQuery) : select;
  const Node with = select.Is(NodeKind::kSelectStatement) ? select.Child(Role::kWith) : Node();
  return InModule(variables, [&] {
    queries_->BeginCtes(with);
    auto result = queries_->Run(query, nullptr, INT64_MAX);
    queries_->EndCtes(with);
    return result;
  });
}

absl::StatusOr<QueryResult> StatementRunner::RunTableFunction(
    const std::vector<std::string>& name, const std::vector<SqlValue>& arguments) {
  Module* module = FindModule(name[name.size() - 2], name.back());
  const Node select = module == nullptr ? Node() : module->statement.Child(Role::kQuery);
  if (!select) {
    return absl::UnimplementedError(
        absl::StrCat("the table function ", name.back(), " is not run while scripts are read"));
  }
  auto variables = BindParameters(module->statement, arguments);
  if (!variables.ok()) return variables.status();
  return RunModuleQuery(select, *std::move(variables));
}

absl::StatusOr<QueryResult> StatementRunner::RunView(const std::string& schema,
                                                     const std::string& name) {
  const catalog::View* view = index_.FindView(schema, name);
  Module* module = view == nullptr ? nullptr : ParseModule(view->name, view->definition);
  if (module == nullptr || !module->statement) {
    return absl::UnimplementedError(
        absl::StrCat(schema, ".", name, " is no table or view of the scripts"));
  }
  auto result = RunModuleQuery(module->statement.Child(Role::kQuery), {});
  const auto columns = module->statement.Child(Role::kColumns).Children(Role::kItem);
  for (size_t i = 0; result.ok() && i < columns.size() && i < result->names.size(); ++i) {
    result->names[i] = FoldName(tsql::UnquoteName(columns[i].TokenText(Role::kPart)));
  }
  return result;
}

// What the text cannot tell before it runs is reported by the catalog's reader.
absl::Status StatementRunner::ExecuteText(Node statement) {
  const auto text = evaluator_->Evaluate(statement.Child(Role::kValue), nullptr);
  if (!text.ok()) return module_depth_ > 0 ? text.status() : absl::OkStatus();
  if (text->is_null()) return absl::OkStatus();
  if (module_depth_ >= kMaxModuleDepth)
    return absl::ResourceExhaustedError("EXECUTE is nested too deep");
  diagnostics::DiagnosticSink ignored;
  const tsql::ParseResult parsed = tsql::ParseBatch(*text->text, {}, ignored);
  std::map<std::string, SqlValue> none;
  return InModule(none, [&] { return ExecuteAll(parsed.tree.Root().Children(Role::kStatement)); })
      .status();
}

// A procedure is run as a whole or not at all: when one of its statements cannot be run, what it
// changed is taken back.
absl::Status StatementRunner::ExecuteProcedure(Node statement) {
  const Node name = statement.Child(Role::kName);
  if (!name) return ExecuteText(statement);
  const auto parts = tsql::NameParts(name);
  if (parts.empty() || IsSystemProcedure(parts)) return absl::OkStatus();
  const auto arguments = statement.Children(Role::kArgument);
  const absl::Status ran = RunProcedure(statement, parts);
  if (ran.ok()) return ran;
  for (Node argument : arguments) {
    const Node value = argument.Child(Role::kValue);
    if (argument.TokenOf(Role::kOutput) && value.Is(NodeKind::kVariableReference)) {
      session_.unknown_variables[FoldName(value.TokenText(Role::kValue))] =
          absl::StrCat("the procedure ", std::string(name.Text()), " was not run");
    }
  }
  return ran;
}

absl::Status StatementRunner::RunProcedure(Node statement, const std::vector<std::string>& parts) {
  const auto arguments = statement.Children(Role::kArgument);
  Module* module = FindModule(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
  if (module == nullptr || !module->statement || module_depth_ >= kMaxModuleDepth) {
    return absl::UnimplementedError(
        absl::StrCat("the procedure ", parts.back(), " is not defined by the scripts"));
  }
  const auto parameters = module->statement.Children(Role::kParameter);
  std::map<std::string, SqlValue> variables;
  std::map<std::string, std::string> outputs;  // Parameter: variable outside.
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string parameter = FoldName(parameters[i].TokenText(Role::kName));
    Node given;
    for (size_t j = 0; j < arguments.size(); ++j) {
      const std::string label = FoldName(arguments[j].TokenText(Role::kName));
      if (label.empty() ? j == i : label == parameter) given = arguments[j];
    }
    const Node value = given ? given.Child(Role::kValue) : parameters[i].Child(Role::kValue);
    if (given && given.TokenOf(Role::kOutput) && value.Is(NodeKind::kVariableReference)) {
      outputs[parameter] = FoldName(value.TokenText(Role::kValue));
    }
    auto result = evaluator_->Evaluate(value, nullptr);
    if (result.ok())
      result =
          Convert(*result, ResolveType(parameters[i].Child(Role::kType), false), session_.settings);
    if (!result.ok() && !outputs.contains(parameter)) return result.status();
    variables[parameter] = result.ok() ? *std::move(result) : NullValue();
  }
  const bool is_outermost = module_depth_ == 0;
  const auto sequences = sequences_;
  if (is_outermost) tables_.Begin();
  const auto flow =
      InModule(variables, [&] { return ExecuteAll(module->statement.Children(Role::kStatement)); });
  if (!flow.ok()) {
    if (is_outermost) {
      tables_.RollBack();
      sequences_ = sequences;
    }
    return absl::Status(flow.status().code(),
                        absl::StrCat("the procedure ", parts.back(),
                                     " was not run: ", std::string(flow.status().message())));
  }
  if (is_outermost) tables_.Commit();
  for (const auto& [parameter, variable] : outputs) {
    if (absl::Status set = Assign(variable, "=", variables[parameter]); !set.ok()) return set;
  }
  return absl::OkStatus();
}

// -- What expressions ask ------------------------------------------------------------------------

absl::StatusOr<QueryResult> StatementRunner::RunQuery(Node query, const Scope* scope,
                                                      int64_t max_rows) {
  return queries_->Run(query, scope, max_rows);
}

absl::StatusOr<SqlValue> StatementRunner::NextValue(const std::vector<std::string>& name) {
  if (name.empty()) return absl::InvalidArgumentError("NEXT VALUE FOR takes a sequence");
  const std::string schema = name.size() > 1 ? name[name.size() - 2] : options_.default_schema;
  for (const catalog::Sequence& sequence : catalog_.sequences) {
    if (!EqualNames(sequence.name.name, name.back()) || !EqualNames(sequence.name.schema, schema))
      continue;
    const auto number = [](const std::string& text, int64_t fallback) {
      int64_t value = fallback;
      std::from_chars(text.data(), text.data() + text.size(), value);
      return value;
    };
    const int64_t increment = number(sequence.increment, 1);
    const int64_t first = number(sequence.start, number(sequence.minimum, 1));
    const auto [next, is_first] = sequences_.try_emplace(FoldName(sequence.name.ToString()), first);
    const SqlValue value{{"bigint", 0, 0, 0, {}}, std::to_string(next->second)};
    next->second += increment;
    return Convert(value, sequence.type, {});
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the sequence ", schema, ".", name.back(), " is not defined"));
}

// A version 4 identifier.
SqlValue StatementRunner::NewId() {
  std::string bytes;
  for (int i = 0; i < 2; ++i) {
    uint64_t part = random_();
    for (int j = 0; j < 8; ++j, part >>= 8) bytes += static_cast<char>(part & 0xFF);
  }
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string text = FormatHex(bytes).substr(2);
  for (const size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  return {{"uniqueidentifier", 0, 0, 0, {}}, text};
}

bool StatementRunner::HasObject(const std::string& text) {
  const auto name = ParseObjectName(text, options_.default_schema).object;
  return tables_.Find(name.schema, name.name, options_.default_schema) ||
         index_.FindView(name.schema, name.name) || index_.FindRoutine(name.schema, name.name);
}

catalog::DataType StatementRunner::ResolveType(Node type, bool is_cast) {
  catalog::DataType read = ReadDataType(type, is_cast ? TypePlace::kCast : TypePlace::kDeclaration,
                                        options_.default_schema);
  if (!read.name.empty() || read.user_type.name.empty()) return read;
  const catalog::UserType* alias = index_.FindUserType(read.user_type.schema, read.user_type.name);
  if (alias != nullptr) ResolveUserType(read, *alias);
  return read;
}

absl::Status StatementRunner::CountStep() {
  if (++statement_steps_ > options_.max_steps / 10)
    return absl::ResourceExhaustedError("it takes too long");
  if (++steps_ <= options_.max_steps) return absl::OkStatus();
  out_of_steps_ = true;
  return absl::ResourceExhaustedError("the scripts' statements together take too long");
}

// -- Findings ------------------------------------------------------------------------------------

std::string StatementRunner::TargetName(Node statement) const {
  if (!statement) return "tables";
  Node name = statement.Child(Role::kTarget);
  if (name)
    name = name.Child(Role::kName) ? name.Child(Role::kName) : name;
  else
    name = statement.Child(Role::kName);
  const bool has_target =
      statement.Is(NodeKind::kInsertStatement) || statement.Is(NodeKind::kUpdateStatement) ||
      statement.Is(NodeKind::kDeleteStatement) || statement.Is(NodeKind::kMergeStatement) ||
      statement.Is(NodeKind::kTruncateTable) || statement.Is(NodeKind::kBulkInsert);
  return has_target && name ? std::string(name.Text()) : "tables";
}

void StatementRunner::Report(DiagnosticId id, Node node, std::vector<std::string> arguments) {
  const ScriptPosition position = batch_->PositionOf(node.span().begin);
  sink_.Report({id,
                {},
                std::move(arguments),
                "",
                "",
                position.file->name(),
                position.file->Locate(position.offset)});
}

}  // namespace datamigrate::source
