#include "agent_engine/tsql/effects/effect.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent_engine/tsql/effects/written_objects.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::tsql {
namespace {

struct EffectRow {
  std::string_view name;
  bool is_outside;
  std::string_view text;
};
constexpr auto kEffects = std::to_array<EffectRow>({
#define EFFECT(id, name, is_outside, text) {name, is_outside, text},
#include "agent_engine/tsql/effects/effects.def"
#undef EFFECT
});

struct WordsRow {
  std::string_view words;
  Effect effect;
};
constexpr auto kStatements = std::to_array<WordsRow>({
#define STATEMENT(words, effect) {words, Effect::effect},
#include "agent_engine/tsql/effects/statement_rows.def"
#undef STATEMENT
});
constexpr auto kRoutines = std::to_array<WordsRow>({
#define ROUTINE(name, effect) {name, Effect::effect},
#include "agent_engine/tsql/effects/routine_rows.def"
#undef ROUTINE
});

constexpr std::string_view kLockingHints[] = {"TABLOCK", "TABLOCKX",      "XLOCK",
                                              "UPDLOCK", "HOLDLOCK",      "SERIALIZABLE",
                                              "PAGLOCK", "REPEATABLEREAD"};
constexpr size_t kLongestHead = 6;  // tokens
constexpr int kDeepestText = 3;     // texts in texts
constexpr size_t kMostFindings = 10000;

constexpr size_t kServerNameParts = 4;
constexpr size_t kDatabaseNameParts = 3;

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return upper;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower;
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) text.append(i == 0 ? "" : ".").append(parts[i]);
  return text;
}

// The first tokens, in upper case, with one space between.
std::string HeadOf(Node node) {
  std::string head;
  const uint32_t end = std::min<uint32_t>(node.end_token(), node.first_token() + kLongestHead);
  for (uint32_t i = node.first_token(); i < end; ++i) {
    head.append(head.empty() ? "" : " ").append(Upper(node.tree().TextOf(node.tree().tokens[i])));
  }
  if (head.starts_with("CREATE OR ALTER ")) head.erase(7, 9);  // as CREATE
  return head;
}

bool BeginsWithWords(std::string_view head, std::string_view words) {
  return head.starts_with(words) && (head.size() == words.size() || head[words.size()] == ' ');
}

// The row with the most words that `head` begins with; null for none.
const WordsRow* StatementRowOf(std::string_view head) {
  const WordsRow* longest = nullptr;
  for (const WordsRow& row : kStatements) {
    if (!BeginsWithWords(head, row.words)) continue;
    if (longest == nullptr || row.words.size() > longest->words.size()) longest = &row;
  }
  return longest;
}

std::string_view FirstTwoWords(std::string_view head) {
  const size_t first = head.find(' ');
  if (first == std::string_view::npos) return head;
  return head.substr(0, head.find(' ', first + 1));
}

std::optional<Effect> EffectOfRoutine(std::string_view name) {
  const std::string lower = Lower(name);
  for (const WordsRow& row : kRoutines) {
    const bool is_prefix = row.words.ends_with('*');
    const std::string_view words = row.words.substr(0, row.words.size() - (is_prefix ? 1 : 0));
    if (is_prefix ? lower.starts_with(words) : lower == words) return row.effect;
  }
  return std::nullopt;
}

// The text of a literal, in parentheses or not.
std::optional<std::string> LiteralText(Node value) {
  while (value.Is(NodeKind::kParenthesized)) value = value.Child(Role::kOperand);
  const std::string_view text = value.Is(NodeKind::kLiteral) ? value.Text() : std::string_view();
  if (text.find('\'') == std::string_view::npos) return std::nullopt;
  return UnquoteString(text);
}

// The text that a sum of literals is; nothing where something else takes part. Sums are left-deep,
// as long as the text, so they are walked without recursion.
std::optional<std::string> ConstantText(Node value) {
  std::vector<std::string> pieces;
  while (value.Is(NodeKind::kBinary) && value.TokenText(Role::kOperator) == "+") {
    std::optional<std::string> right = LiteralText(value.Child(Role::kRight));
    if (!right.has_value()) return std::nullopt;
    pieces.push_back(*std::move(right));
    value = value.Child(Role::kLeft);
  }
  std::optional<std::string> text = LiteralText(value);
  for (auto piece = pieces.rbegin(); text.has_value() && piece != pieces.rend(); ++piece) {
    *text += *piece;
  }
  return text;
}

// Whether one of the options, which are tokens or nodes, begins with the word.
bool HasOption(Node node, std::string_view word) {
  const auto is_it = [&](const Token* token) {
    return token != nullptr && Upper(node.tree().TextOf(*token)) == word;
  };
  const std::vector<Node> options = node.Children(Role::kOption);
  return std::ranges::any_of(node.TokensOf(Role::kOption), is_it) ||
         std::ranges::any_of(options, [&](Node option) {
           return is_it(&node.tree().tokens[option.first_token()]);
         });
}

// Whether an option is a module's EXECUTE AS of somebody else than its caller.
bool ActsAsOther(Node option) {
  const std::string head = HeadOf(option);
  const bool is_it = BeginsWithWords(head, "EXECUTE AS") || BeginsWithWords(head, "EXEC AS");
  return is_it && !head.ends_with(" CALLER");
}

// The object that a command is about: the table where it names one, what it defines, else nothing.
// Elsewhere a name of two parts may be a table and its column.
std::vector<std::string> DefinedObject(Node command, std::string_view head) {
  if (const Node table = command.Child(Role::kTable); table.Is(NodeKind::kName)) {
    return NameParts(table);
  }
  const bool defines = head.starts_with("CREATE ") || head.starts_with("ALTER ");
  const Node name = defines ? command.Child(Role::kName) : Node();
  return name.Is(NodeKind::kName) ? NameParts(name) : std::vector<std::string>();
}

bool IsModule(Node node) {
  return node.Is(NodeKind::kCreateProcedure) || node.Is(NodeKind::kCreateFunction) ||
         node.Is(NodeKind::kCreateTrigger) || node.Is(NodeKind::kCreateView);
}

// Collects the findings of one text, and of the constant texts in it.
class EffectFinder {
 public:
  explicit EffectFinder(int depth) : depth_(depth) {}

  void Visit(Node root);
  std::vector<EffectFinding> Take() { return std::move(findings_); }

 private:
  struct Place {
    Node node;
    bool is_in_definition;
  };

  void Add(Effect effect, std::string what, Node at, std::vector<std::string> object = {});
  void AddWrite(Effect effect, std::string what, Node at, const std::vector<std::string>& object);
  void Look(Node node);
  void LookAtHead(Node node);
  void LookAtWrite(Node node, std::string_view what);
  void LookAtDefinition(Node node, const std::vector<std::string>& object);
  void LookAtTrigger(Node node);
  void LookAtDrop(Node node);
  void LookAtExecute(Node node);
  void LookAtCall(Node node);
  void LookAtText(Node text, Node execute);
  void LookAtRowset(Node node);
  void LookAtName(const std::vector<std::string>& parts, Node at);

  const int depth_;
  bool is_in_definition_ = false;
  std::vector<EffectFinding> findings_;
};

void EffectFinder::Add(Effect effect, std::string what, Node at, std::vector<std::string> object) {
  if (findings_.size() >= kMostFindings) return;
  findings_.push_back({effect, std::move(what), std::move(object), at.span(), is_in_definition_});
}

// Temporary tables are the session's own.
void EffectFinder::AddWrite(Effect effect, std::string what, Node at,
                            const std::vector<std::string>& object) {
  const bool is_temporary = !object.empty() && object.back().starts_with('#');
  if (is_temporary) return Add(Effect::kSession, std::move(what), at);
  Add(effect, std::move(what), at, object);
}

void EffectFinder::Visit(Node root) {
  std::vector<Place> pending = {{root, is_in_definition_}};
  while (!pending.empty()) {
    const Place place = pending.back();
    pending.pop_back();
    is_in_definition_ = place.is_in_definition;
    Look(place.node);
    const std::vector<Node> children = place.node.Children();
    const bool is_below = place.is_in_definition || IsModule(place.node);
    for (size_t i = children.size(); i > 0; --i) pending.push_back({children[i - 1], is_below});
  }
}

void EffectFinder::LookAtName(const std::vector<std::string>& parts, Node at) {
  // Parts that are left out (.db..t, ...t) are this server, this database.
  const auto first = std::ranges::find_if(parts, [](const auto& part) { return !part.empty(); });
  const auto given = static_cast<size_t>(parts.end() - first);
  if (given >= kServerNameParts) {
    Add(Effect::kOtherServer, Joined(parts), at);
  } else if (given == kDatabaseNameParts && Lower(*first) != "tempdb") {
    Add(Effect::kOtherDatabase, Joined(parts), at);
  }
}

void EffectFinder::LookAtWrite(Node node, std::string_view what) {
  const std::vector<std::vector<std::string>> objects = WrittenObjects(node);
  for (const std::vector<std::string>& object : objects) {
    AddWrite(Effect::kWritesRows, std::string(what), node, object);
  }
  if (objects.empty()) Add(Effect::kSession, std::string(what), node);
}

void EffectFinder::LookAtDefinition(Node node, const std::vector<std::string>& object) {
  const std::string head = HeadOf(node);
  const WordsRow* row = StatementRowOf(head);
  if (row != nullptr) return Add(row->effect, std::string(row->words), node, object);
  AddWrite(Effect::kDefines, std::string(FirstTwoWords(head)), node, object);
}

// It belongs to its table, whatever its own name says, or to the database or server.
void EffectFinder::LookAtTrigger(Node node) {
  if (node.Has(Role::kExternal)) Add(Effect::kPrograms, "EXTERNAL NAME", node);
  const Node on = node.Child(Role::kOn);
  if (on.Is(NodeKind::kName)) return LookAtDefinition(node, NameParts(on));
  Add(Effect::kServer, "CREATE TRIGGER ON DATABASE or ALL SERVER", node);
}

void EffectFinder::LookAtDrop(Node node) {
  const std::string head = HeadOf(node);
  if (const WordsRow* row = StatementRowOf(head)) {
    return Add(row->effect, std::string(row->words), node);
  }
  std::vector<Node> names = node.Children(Role::kName);
  if (node.Has(Role::kTable)) names = {node.Child(Role::kTable)};
  for (const Node name : names) {
    AddWrite(Effect::kDrops, std::string(FirstTwoWords(head)), node, NameParts(name));
  }
  if (names.empty()) Add(Effect::kDrops, std::string(FirstTwoWords(head)), node);
}

void EffectFinder::LookAtHead(Node node) {
  const std::string head = HeadOf(node);
  const WordsRow* row = StatementRowOf(head);
  const std::vector<std::string> object = DefinedObject(node, head);
  const std::string_view what = FirstTwoWords(head);
  if (row != nullptr) {
    Add(row->effect, std::string(row->words), node, object);
  } else if (head.starts_with("CREATE ") || head.starts_with("ALTER ")) {
    AddWrite(Effect::kDefines, std::string(what), node, object);
  } else {
    Add(Effect::kUnknown, std::string(what), node);
  }
}

void EffectFinder::LookAtText(Node text, Node execute) {
  const std::optional<std::string> constant = ConstantText(text);
  if (!constant.has_value() || depth_ >= kDeepestText) {
    return Add(Effect::kRunsText, "EXECUTE of a text", execute);
  }
  diagnostics::DiagnosticSink ignored;
  const ParseResult parsed = ParseBatch(*constant, {}, ignored);
  if (!parsed.ok) Add(Effect::kUnknown, "EXECUTE of a text that cannot be parsed", execute);
  EffectFinder inner(depth_ + 1);
  inner.Visit(parsed.tree.Root());
  for (EffectFinding& finding : inner.Take()) {
    if (findings_.size() >= kMostFindings) return;
    finding.span = execute.span();
    finding.is_in_definition = finding.is_in_definition || is_in_definition_;
    findings_.push_back(std::move(finding));
  }
}

void EffectFinder::LookAtExecute(Node node) {
  if (node.Has(Role::kTarget)) {
    Add(Effect::kOtherServer, "EXECUTE AT", node);
    return;
  }
  for (const Node option : node.Children(Role::kOption)) {
    if (Upper(option.TokenText(Role::kName)) == "USER" ||
        Upper(option.TokenText(Role::kName)) == "LOGIN") {
      Add(Effect::kRights, "EXECUTE AS", option);
    }
  }
  const Node name = node.Child(Role::kName);
  const Node value = node.Child(Role::kValue);
  if (!name.Is(NodeKind::kName)) {
    // A text, a variable that holds a procedure's name, or OPENDATASOURCE, which is a child.
    if (!value.Is(NodeKind::kRowsetTable)) LookAtText(value, node);
    return;
  }
  const std::vector<std::string> parts = NameParts(name);
  if (parts.size() >= kServerNameParts) {
    return Add(Effect::kOtherServer, Joined(parts), node);
  }
  const std::optional<Effect> effect = EffectOfRoutine(parts.empty() ? "" : parts.back());
  if (!effect.has_value()) {
    LookAtName(parts, node);
    return Add(Effect::kCallsRoutine, Joined(parts), node, parts);
  }
  const std::vector<Node> arguments = node.Children(Role::kArgument);
  if (effect == Effect::kRunsText && Lower(parts.back()) == "sp_executesql" && !arguments.empty()) {
    return LookAtText(arguments[0].Child(Role::kValue), node);
  }
  Add(*effect, parts.back(), node);
}

void EffectFinder::LookAtCall(Node node) {
  const Node name = node.Child(Role::kName);
  if (!name.Is(NodeKind::kName)) return;
  const std::vector<std::string> parts = NameParts(name);
  if (parts.empty()) return;
  if (parts.size() == 1 && Lower(parts[0]).starts_with("ai_")) {  // models are elsewhere
    return Add(Effect::kOtherServer, parts[0], node);
  }
  if (parts.size() >= kServerNameParts)
    return;  // a column's method: no server's function is called
  if (const auto effect = EffectOfRoutine(parts.back()); effect.has_value()) {
    return Add(*effect, parts.back(), node);
  }
  LookAtName(parts, node);
}

void EffectFinder::LookAtRowset(Node node) {
  const std::string function = Upper(node.TokenText(Role::kFunction));
  const bool is_remote =
      function == "OPENROWSET" || function == "OPENQUERY" || function == "OPENDATASOURCE";
  if (!is_remote) return;  // full-text search, PREDICT
  const bool is_file =
      function == "OPENROWSET" && Upper(node.Text()).find("BULK") != std::string::npos;
  Add(is_file ? Effect::kFiles : Effect::kOtherServer, is_file ? "OPENROWSET(BULK)" : function,
      node);
}

void EffectFinder::Look(Node node) {
  switch (node.kind()) {
    case NodeKind::kSelectStatement:
      return Add(Effect::kReads, "SELECT", node);
    case NodeKind::kQuerySpecification:
      if (const Node into = node.Child(Role::kInto); into) {
        AddWrite(Effect::kDefines, "SELECT INTO", into, NameParts(into));
      }
      return;
    case NodeKind::kInsertStatement:
      return LookAtWrite(node, "INSERT");
    case NodeKind::kUpdateStatement:
      return LookAtWrite(node, "UPDATE");
    case NodeKind::kDeleteStatement:
      return LookAtWrite(node, "DELETE");
    case NodeKind::kMergeStatement:
      return LookAtWrite(node, "MERGE");
    case NodeKind::kOutputClause:
      if (const Node into = node.Child(Role::kInto); into.Is(NodeKind::kTableReference)) {
        AddWrite(Effect::kWritesRows, "OUTPUT INTO", into, NameParts(into.Child(Role::kName)));
      }
      return;
    case NodeKind::kTruncateTable:
      return AddWrite(Effect::kDrops, "TRUNCATE TABLE", node, NameParts(node.Child(Role::kName)));
    case NodeKind::kBulkInsert:
      Add(Effect::kFiles, "BULK INSERT", node);
      return AddWrite(Effect::kWritesRows, "BULK INSERT", node, NameParts(node.Child(Role::kName)));
    case NodeKind::kNextValueFor:
      return Add(Effect::kWritesRows, "NEXT VALUE FOR", node,
                 NameParts(node.Child(Role::kSequence)));
    case NodeKind::kExecuteStatement:
      return LookAtExecute(node);
    case NodeKind::kFunctionCall:
      return LookAtCall(node);
    case NodeKind::kTableReference:
      return LookAtName(NameParts(node.Child(Role::kName)), node);
    case NodeKind::kRowsetTable:
      return LookAtRowset(node);
    case NodeKind::kHint:
      if (std::ranges::find(kLockingHints, Upper(node.TokenText(Role::kName))) !=
          std::end(kLockingHints)) {
        Add(Effect::kHolds, Upper(node.TokenText(Role::kName)), node);
      }
      return;
    case NodeKind::kOption:
      if (ActsAsOther(node)) Add(Effect::kActsAs, "EXECUTE AS", node);
      return;
    case NodeKind::kRaiseError:
      if (HasOption(node, "LOG")) Add(Effect::kServer, "RAISERROR LOG", node);
      return;
    case NodeKind::kDeclareStatement:
    case NodeKind::kDeclareCursor:
    case NodeKind::kSetVariable:
      return Add(Effect::kSession, std::string(FirstTwoWords(HeadOf(node))), node);
    case NodeKind::kSetOption:
    case NodeKind::kUse:
    case NodeKind::kCommand:
      return LookAtHead(node);
    case NodeKind::kCreateTable:
      if (node.HasKeyword(Role::kKind, Keyword::kExternal)) {
        return Add(Effect::kOtherServer, "CREATE EXTERNAL TABLE", node);
      }
      return LookAtDefinition(node, NameParts(node.Child(Role::kName)));
    case NodeKind::kCreateProcedure:
    case NodeKind::kCreateFunction:
      if (node.Has(Role::kExternal)) Add(Effect::kPrograms, "EXTERNAL NAME", node);
      return LookAtDefinition(node, NameParts(node.Child(Role::kName)));
    case NodeKind::kCreateTrigger:
      return LookAtTrigger(node);
    case NodeKind::kAlterTableOther:
      if (const Node target = node.Child(Role::kTarget);
          target.Is(NodeKind::kName) && BeginsWithWords(HeadOf(node), "SWITCH")) {
        AddWrite(Effect::kWritesRows, "SWITCH", node, NameParts(target));
      }
      return;
    case NodeKind::kCreateSynonym:
      LookAtName(NameParts(node.Child(Role::kTarget)), node);
      return LookAtDefinition(node, NameParts(node.Child(Role::kName)));
    case NodeKind::kCreateView:
    case NodeKind::kCreateType:
    case NodeKind::kCreateSequence:
    case NodeKind::kAlterTable:
      return LookAtDefinition(node, NameParts(node.Child(Role::kName)));
    case NodeKind::kCreateSchema:
      return LookAtDefinition(node, {UnquoteName(node.TokenText(Role::kName)), ""});
    case NodeKind::kCreateIndex:
      return LookAtDefinition(node, NameParts(node.Child(Role::kTable)));
    case NodeKind::kDropStatement:
      return LookAtDrop(node);
    default:
      return;
  }
}

}  // namespace

std::string_view EffectName(Effect effect) {
  return kEffects[static_cast<size_t>(effect)].name;
}

std::string_view EffectText(Effect effect) {
  return kEffects[static_cast<size_t>(effect)].text;
}

bool IsOutside(Effect effect) {
  return kEffects[static_cast<size_t>(effect)].is_outside;
}

std::vector<EffectFinding> FindEffects(Node node) {
  EffectFinder finder(0);
  if (node) finder.Visit(node);
  return finder.Take();
}

std::vector<EffectFinding> FindEffectsOf(std::string_view text) {
  diagnostics::DiagnosticSink ignored;
  const ParseResult parsed = ParseBatch(text, {}, ignored);
  std::vector<EffectFinding> findings = FindEffects(parsed.tree.Root());
  if (!parsed.ok) {
    const auto end = static_cast<uint32_t>(text.size());
    findings.push_back({Effect::kUnknown, "what cannot be parsed", {}, {0, end}, false});
  }
  return findings;
}

}  // namespace datamigrate::tsql
