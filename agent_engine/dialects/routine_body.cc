#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "agent_engine/dialects/pipeline.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::dialects {
namespace {

using diagnostics::DiagnosticId;
using diagnostics::DiagnosticSink;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;

// "dbo.Sales by Year" and "@Beginning_Date" make "sales_by_year__beginning_date".
std::string VariableName(const std::string& routine, const std::string& parameter) {
  std::string name;
  const auto append = [&](const std::string& text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) || c == '_')
        name += static_cast<char>(std::tolower(byte));
      else if (!name.empty() && name.back() != '_')
        name += '_';
    }
  };
  append(routine);
  name += "__";
  append(parameter.starts_with('@') ? parameter.substr(1) : parameter);
  return name;
}

class BodyReader {
 public:
  BodyReader(const catalog::CatalogIndex& catalog, const catalog::Routine& routine,
             DiagnosticSink& sink)
      : catalog_(catalog), routine_(routine), sink_(sink) {}

  RoutineBody Read(Node create) {
    for (const catalog::Parameter& parameter : routine_.parameters) AddParameter(parameter, create);
    if (const Node query = create.Child(Role::kQuery)) {
      body_.select = query;
      return std::move(body_);
    }
    if (!create.Is(NodeKind::kCreateProcedure)) {
      const Node body = create.Child(Role::kBody);
      Refuse(body ? body : create, "a body of statements");
      return {};
    }
    if (create.Has(Role::kExternal)) {
      sink_.Report({DiagnosticId::kExternalCode, create.span(), {}, "", "", "", {}});
      return {};
    }
    if (!ReadStatements(create.Children(Role::kStatement))) return {};
    if (!body_.select) Refuse(create, "no SELECT that returns rows");
    return std::move(body_);
  }

 private:
  bool Refuse(Node node, std::string what) {
    sink_.Report({DiagnosticId::kProceduralRoutine,
                  node.span(),
                  {std::move(what)},
                  "rewrite it as one query, or keep it outside the warehouse",
                  "",
                  "",
                  {}});
    return false;
  }

  // "an UPDATE statement"; statements without a kind of their own are named by their first words.
  static std::string Described(Node node) {
    std::string text(NodeKindText(node.kind()));
    if (node.Is(NodeKind::kCommand)) {
      text.clear();
      for (uint32_t i = node.first_token(); i < node.end_token() && i < node.first_token() + 2;
           ++i) {
        text += Upper(node.tree().TextOf(node.tree().tokens[i])) + " ";
      }
      text += "statement";
    }
    const bool vowel = !text.empty() && std::string_view("AEIOU").find(static_cast<char>(
                                            std::toupper(static_cast<unsigned char>(text[0])))) !=
                                            std::string_view::npos;
    return (vowel ? "an " : "a ") + text;
  }

  void AddParameter(const catalog::Parameter& parameter, Node create) {
    auto expr = relational::MakeExpr(relational::ExprKind::kParameter,
                                     tsql::FromCatalogType(parameter.type), create.span());
    expr->text = VariableName(routine_.name.name, parameter.name);
    SetDefault(*expr, parameter.default_expression);
    sink_.Report({DiagnosticId::kParameterBecomesVariable,
                  create.span(),
                  {parameter.name, expr->text},
                  "",
                  "",
                  "",
                  {}});
    body_.variables[catalog::FoldName(parameter.name)] = std::move(expr);
  }

  // A default is kept when it is a constant other than NULL.
  void SetDefault(relational::Expr& parameter, const std::string& text) {
    if (text.empty()) return;
    DiagnosticSink ignored;
    const tsql::ParseResult parsed = tsql::ParseExpression(text, false, {}, ignored);
    if (!parsed.ok) return;
    relational::ExprPtr value =
        relational::LowerOverTable(catalog_, nullptr, parsed.tree.Root(), {}, {}, ignored);
    value = relational::ConvertTo(std::move(value), parameter.type, ignored);
    using relational::ExprKind;
    const bool is_plain = value->kind == ExprKind::kString || value->kind == ExprKind::kNumber ||
                          value->kind == ExprKind::kTemporal || value->kind == ExprKind::kBit;
    if (!is_plain || ignored.HasErrors()) return;
    parameter.default_text = value->text;
    parameter.has_default = true;
  }

  bool ReadStatements(const std::vector<Node>& statements) {
    return std::ranges::all_of(statements,
                               [this](Node statement) { return ReadStatement(statement); });
  }

  bool ReadStatement(Node statement) {
    switch (statement.kind()) {
      case NodeKind::kEmptyStatement:
        return true;
      case NodeKind::kBlock:
        return ReadStatements(statement.Children(Role::kStatement));
      case NodeKind::kSetOption:
        return ReadOption(statement);
      case NodeKind::kPrint:
        sink_.Report({DiagnosticId::kStatementDropped,
                      statement.span(),
                      {std::string(NodeKindText(statement.kind()))},
                      "",
                      "",
                      "",
                      {}});
        return true;
      case NodeKind::kDeclareStatement:
        return ReadDeclaration(statement);
      case NodeKind::kSetVariable:
        return ReadAssignment(statement);
      case NodeKind::kReturn:
        return body_.select ? true : Refuse(statement, "RETURN before a SELECT");
      case NodeKind::kIf:
        return ReadIf(statement);
      case NodeKind::kSelectStatement:
        return ReadSelect(statement);
      default:
        return Refuse(statement, Described(statement));
    }
  }

  // Options that change what a query returns are not dropped: "SET Statements (Transact-SQL)".
  bool ReadOption(Node statement) {
    std::vector<std::string> words;
    for (const tsql::Token* token : statement.TokensOf(Role::kItem))
      words.push_back(Upper(statement.tree().TextOf(*token)));
    if (!words.empty() && words[0] == "ROWCOUNT") return ReadRowCount(statement);
    static constexpr auto kMeaningful = std::to_array<std::string_view>(
        {"ANSI_NULLS", "ANSI_NULL_DFLT_ON", "ANSI_DEFAULTS", "CONCAT_NULL_YIELDS_NULL", "DATEFIRST",
         "DATEFORMAT", "LANGUAGE", "QUOTED_IDENTIFIER", "TEXTSIZE"});
    const bool is_meaningful = std::ranges::any_of(words, [](const std::string& word) {
      return std::ranges::find(kMeaningful, std::string_view(word)) != kMeaningful.end();
    });
    const bool is_default =
        Upper(statement.Text()).ends_with(" ON") || Upper(statement.Text()).ends_with("ON;");
    if (is_meaningful && !is_default) return Refuse(statement, "the option SET " + words[0]);
    sink_.Report({DiagnosticId::kStatementDropped,
                  statement.span(),
                  {std::string(NodeKindText(statement.kind()))},
                  "",
                  "",
                  "",
                  {}});
    return true;
  }

  // SET ROWCOUNT n before the query is its TOP (n); 0 takes it back.
  bool ReadRowCount(Node statement) {
    const Node value = statement.Child(Role::kValue);
    if (body_.select) return true;
    std::string text =
        value ? std::string(value.Text()) : std::string(statement.TokenText(Role::kValue));
    const bool is_number = !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
      return std::isdigit(c);
    }) && text.size() < 10;
    if (!is_number) return Refuse(statement, "SET ROWCOUNT with a value that is not a constant");
    body_.row_count = std::strtoll(text.c_str(), nullptr, 10);
    return true;
  }

  static std::string Upper(std::string_view text) {
    std::string upper(text);
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
    return upper;
  }

  bool ReadSelect(Node statement) {
    const Node body = statement.Child(Role::kQuery).Child(Role::kBody);
    if (body.Is(NodeKind::kQuerySpecification)) {
      const std::vector<Node> items = body.Child(Role::kSelectList).Children(Role::kItem);
      const bool assigns = std::ranges::any_of(
          items, [](Node item) { return item.Is(NodeKind::kSelectAssignment); });
      if (assigns) return ReadSelectAssignment(statement, body, items);
      if (body.Has(Role::kInto)) return Refuse(body.Child(Role::kInto), "SELECT INTO");
    }
    if (body_.select) return Refuse(statement, "a second SELECT");
    body_.select = statement;
    return true;
  }

  // SELECT @a = 1, @b = 2 without FROM says the same as SET.
  bool ReadSelectAssignment(Node statement, Node body, const std::vector<Node>& items) {
    if (body.Has(Role::kFrom) || body.Has(Role::kWhere))
      return Refuse(statement, "a SELECT that assigns variables");
    return std::ranges::all_of(items, [&](Node item) {
      if (!item.Is(NodeKind::kSelectAssignment))
        return Refuse(item, "a SELECT that assigns variables");
      return Assign(catalog::FoldName(item.TokenText(Role::kTarget)), item.Child(Role::kValue));
    });
  }

  // SET @a = 1, or SELECT @a = 1.
  static bool IsAssignment(Node statement) {
    if (statement.Is(NodeKind::kSetVariable)) return statement.Has(Role::kValue);
    const Node body = statement.Child(Role::kQuery).Child(Role::kBody);
    if (!statement.Is(NodeKind::kSelectStatement) || !body.Is(NodeKind::kQuerySpecification))
      return false;
    const std::vector<Node> items = body.Child(Role::kSelectList).Children(Role::kItem);
    return std::ranges::all_of(items,
                               [](Node item) { return item.Is(NodeKind::kSelectAssignment); });
  }

  bool ReadDeclaration(Node statement) {
    for (const Node item : statement.Children(Role::kItem)) {
      if (!item.Is(NodeKind::kVariableDeclaration)) return Refuse(item, Described(item));
      const std::string name = catalog::FoldName(item.TokenText(Role::kName));
      types_[name] = relational::LowerType(catalog_, item.Child(Role::kType), 1, sink_);
      if (const Node value = item.Child(Role::kValue)) {
        if (!Assign(name, value)) return false;
      } else {
        body_.variables[name] = relational::MakeNull(types_[name]);
      }
    }
    return true;
  }

  bool ReadAssignment(Node statement) {
    const Node value = statement.Child(Role::kValue);
    if (!value || body_.select) return Refuse(statement, "an assignment");
    if (statement.TokensOf(Role::kOperator).size() != 1) {
      return Refuse(statement, "a compound assignment");
    }
    return Assign(catalog::FoldName(statement.TokenText(Role::kTarget)), value);
  }

  // A variable is what it was last given, as long as no query is in between.
  bool Assign(const std::string& name, Node value) {
    if (body_.select) return Refuse(value, "an assignment after the query");
    relational::Variables copy;
    for (const auto& [known, expr] : body_.variables) copy[known] = relational::Clone(*expr);
    relational::ExprPtr expr =
        relational::LowerOverTable(catalog_, nullptr, value, std::move(copy), {}, sink_);
    const auto type = types_.find(name);
    if (type != types_.end()) {
      expr = relational::ConvertTo(std::move(expr), type->second, sink_);
    } else if (const auto known = body_.variables.find(name); known != body_.variables.end()) {
      expr = relational::ConvertTo(std::move(expr), known->second->type, sink_);
    }
    body_.variables[name] = std::move(expr);
    return !sink_.HasErrors();
  }

  // IF @p ... SET @p = ...: the value that a parameter gets when it holds another.
  bool ReadIf(Node statement) {
    const Node then = statement.Child(Role::kThen);
    const std::vector<Node> statements =
        then.Is(NodeKind::kBlock) ? then.Children(Role::kStatement) : std::vector<Node>{then};
    const bool only_assignments = !statement.Has(Role::kElse) && !body_.select &&
                                  std::ranges::all_of(statements, IsAssignment);
    if (!only_assignments) return Refuse(statement, "an IF statement");
    const auto clone = [this] {
      relational::Variables copy;
      for (const auto& [known, expr] : body_.variables) copy[known] = relational::Clone(*expr);
      return copy;
    };
    const relational::Variables before = clone();
    relational::ExprPtr condition = relational::LowerOverTable(
        catalog_, nullptr, statement.Child(Role::kCondition), clone(), {}, sink_);
    for (const Node assignment : statements) {
      if (!ReadStatement(assignment)) return false;
    }
    for (auto& [name, value] : body_.variables) {
      const auto old = before.find(name);
      if (old == before.end() || relational::SameExpr(*old->second, *value)) continue;
      auto choice =
          relational::MakeExpr(relational::ExprKind::kCase, value->type, statement.span());
      choice->has_else = true;
      choice->arguments = relational::ExprList(relational::Clone(*condition), std::move(value),
                                               relational::Clone(*old->second));
      value = std::move(choice);
    }
    return true;
  }

  const catalog::CatalogIndex& catalog_;
  const catalog::Routine& routine_;
  DiagnosticSink& sink_;
  RoutineBody body_;
  absl::flat_hash_map<std::string, tsql::SqlType> types_;
};

}  // namespace

RoutineBody ReadRoutineBody(const catalog::CatalogIndex& catalog, const catalog::Routine& routine,
                            Node create, DiagnosticSink& sink) {
  return BodyReader(catalog, routine, sink).Read(create);
}

}  // namespace datamigrate::dialects
