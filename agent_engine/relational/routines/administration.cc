#include "agent_engine/relational/routines/administration.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "agent_engine/relational/lowering/lowering_impl.h"
#include "agent_engine/tsql/parser/parser.h"

namespace datamigrate::relational {
namespace {

constexpr int kMaxDepth = 8;              // Of calls and dynamic SQL.
constexpr char kHole[] = "hole_in_text";  // Stands for what a text gets from elsewhere.

bool IsSystem(const std::vector<std::string>& parts) {
  if (parts.size() < 2) return parts[0].starts_with("sys");
  const std::string schema = FoldName(parts[parts.size() - 2]);
  return schema == "sys" || schema == "information_schema";
}

bool IsTemporaryName(const std::string& name) {
  return name.starts_with('#') || name.starts_with('@');
}

class Administration {
 public:
  explicit Administration(const catalog::CatalogIndex& catalog) : catalog_(catalog) {}

  std::string Describe(Node create) {
    // What it gives to its caller is a result.
    for (const Node parameter : create.Children(Role::kParameter)) {
      if (parameter.Has(Role::kOutput)) return "";
    }
    Walk(create, 0);
    if (works_on_rows_ || !OnlyRebuilds()) return "";
    if (words_.empty()) return prints_ ? "only prints messages" : "";
    std::string text = "administers the server: ";
    for (size_t i = 0; i < words_.size() && i < 4; ++i) text += (i == 0 ? "" : ", ") + words_[i];
    return words_.size() > 4 ? text + ", ..." : text;
  }

 private:
  void Walk(Node node, int depth) {
    if (!node || works_on_rows_) return;
    switch (node.kind()) {
      case NodeKind::kSelectStatement:
        return VisitSelect(node);
      case NodeKind::kInsertStatement:
      case NodeKind::kUpdateStatement:
      case NodeKind::kDeleteStatement:
      case NodeKind::kMergeStatement:
        return VisitWrite(node);
      case NodeKind::kTruncateTable:
        works_on_rows_ =
            works_on_rows_ || !IsTemporaryName(NamePartsOf(node.Child(Role::kName)).back());
        return;
      case NodeKind::kExecuteStatement:
        return VisitExecute(node, depth);
      case NodeKind::kDeclareStatement:
      case NodeKind::kSetVariable:
        return NoteText(node);
      case NodeKind::kPrint:
      case NodeKind::kRaiseError:
        prints_ = true;
        return;
      case NodeKind::kSetOption:
      case NodeKind::kReturn:
      case NodeKind::kThrow:
      case NodeKind::kUse:
      case NodeKind::kEmptyStatement:
      case NodeKind::kDeclareCursor:
        return;
      case NodeKind::kCreateTable:
      case NodeKind::kDropStatement:
      case NodeKind::kAlterTable:
      case NodeKind::kCreateIndex:
      case NodeKind::kCommand:
        return VisitDefinition(node);
      case NodeKind::kIf:
        Walk(node.Child(Role::kThen), depth);
        return Walk(node.Child(Role::kElse), depth);
      case NodeKind::kWhile:
        return Walk(node.Child(Role::kBody), depth);
      case NodeKind::kTryCatch:
        Walk(node.Child(Role::kTry), depth);
        return Walk(node.Child(Role::kCatch), depth);
      case NodeKind::kBlock:
      case NodeKind::kCreateProcedure:
      case NodeKind::kBatch:
        for (const Node statement : node.Children(Role::kStatement)) Walk(statement, depth);
        return;
      default:
        return VisitDefinition(node);
    }
  }

  static std::string Word(Node node, uint32_t index) {
    const uint32_t token = node.first_token() + index;
    if (token >= node.end_token()) return "";
    return UpperText(node.tree().TextOf(node.tree().tokens[token]));
  }

  void Add(std::string words) {
    if (std::ranges::find(words_, words) == words_.end()) words_.push_back(std::move(words));
  }

  // A query of the server's own views says nothing of the database's rows.
  static bool ReadsSystemOnly(Node node) {
    if (node.Is(NodeKind::kTableReference)) return IsSystem(NamePartsOf(node.Child(Role::kName)));
    if (node.Is(NodeKind::kFunctionTable))
      return IsSystem(NamePartsOf(node.Child(Role::kCall).Child(Role::kName)));
    return std::ranges::all_of(node.Children(), ReadsSystemOnly);
  }

  static bool HoldsTable(Node node) {
    return node.Is(NodeKind::kTableReference) || node.Is(NodeKind::kFunctionTable) ||
           std::ranges::any_of(node.Children(), HoldsTable);
  }

  void VisitSelect(Node node) {
    const Node body = node.Child(Role::kQuery).Child(Role::kBody);
    const std::vector<Node> items = body.Child(Role::kSelectList).Children(Role::kItem);
    const bool assigns = !items.empty() && std::ranges::all_of(items, [](Node item) {
      return item.Is(NodeKind::kSelectAssignment);
    });
    if (assigns) return NoteText(body.Child(Role::kSelectList));
    if (const Node into = body.Child(Role::kInto);
        into && IsTemporaryName(NamePartsOf(into).back())) {
      return;
    }
    if (HoldsTable(node) && ReadsSystemOnly(node)) return Add("SELECT from system views");
    works_on_rows_ = true;
  }

  void VisitWrite(Node node) {
    const Node target = node.Child(Role::kTarget);
    if (target.Is(NodeKind::kVariableTable)) return;
    if (target.Is(NodeKind::kTableReference) &&
        IsTemporaryName(NamePartsOf(target.Child(Role::kName)).back())) {
      return;
    }
    if (!node.Is(NodeKind::kInsertStatement) || !target.Is(NodeKind::kTableReference)) {
      works_on_rows_ = true;
      return;
    }
    filled_.insert(FoldName(NamePartsOf(target.Child(Role::kName)).back()));
    NoteSources(node.Child(Role::kSource));
  }

  void NoteSources(Node node) {
    if (node.Is(NodeKind::kTableReference))
      copied_.insert(FoldName(NamePartsOf(node.Child(Role::kName)).back()));
    for (const Node child : node.Children()) NoteSources(child);
  }

  // A table that is made anew and filled from the one whose place it takes holds the same rows.
  bool OnlyRebuilds() const {
    return std::ranges::includes(created_, filled_) && std::ranges::includes(copied_, dropped_);
  }

  static bool IsVerb(std::string_view word) {
    static constexpr auto kVerbs = std::to_array<std::string_view>(
        {"ADD", "ALTER", "BACKUP", "CHECKPOINT", "CREATE", "DBCC", "DENY", "DISABLE", "DROP",
         "ENABLE", "GRANT", "KILL", "RECONFIGURE", "RESTORE", "REVOKE", "SHUTDOWN"});
    return std::ranges::find(kVerbs, word) != kVerbs.end();
  }

  void VisitDefinition(Node node) {
    static constexpr auto kNeutral = std::to_array<std::string_view>(
        {"BEGIN", "BREAK", "CLOSE", "COMMIT", "CONTINUE", "DEALLOCATE", "FETCH", "GOTO", "OPEN",
         "ROLLBACK", "SAVE", "WAITFOR"});
    const std::string verb = Word(node, 0);
    if (std::ranges::find(kNeutral, std::string_view(verb)) != kNeutral.end()) return;
    const bool is_temporary =
        (node.Is(NodeKind::kCreateTable) || node.Is(NodeKind::kDropStatement) ||
         node.Is(NodeKind::kAlterTable)) &&
        node.Has(Role::kName) && IsTemporaryName(NamePartsOf(node.Child(Role::kName)).back());
    if (is_temporary) return;
    const bool changes_columns = node.Is(NodeKind::kAlterTable) &&
                                 std::ranges::any_of(node.Children(Role::kAction), [](Node action) {
                                   const std::string words = UpperText(action.Text());
                                   return words.starts_with("SWITCH") ||
                                          words.starts_with("DROP COLUMN") ||
                                          action.Is(NodeKind::kAlterColumn);
                                 });
    const bool is_known = IsVerb(verb) || (verb == "UPDATE" && Word(node, 1) == "STATISTICS");
    if (!is_known || changes_columns) {
      works_on_rows_ = true;
      return;
    }
    if (node.Is(NodeKind::kCreateTable))
      created_.insert(FoldName(NamePartsOf(node.Child(Role::kName)).back()));
    if (verb == "DROP" && Word(node, 1) == "TABLE") {
      for (const Node name : node.Children(Role::kName))
        dropped_.insert(FoldName(NamePartsOf(name).back()));
    }
    Add(verb + " " + Word(node, 1));
  }

  // -- Calls and dynamic SQL

  void VisitExecute(Node node, int depth) {
    if (depth > kMaxDepth) {
      works_on_rows_ = true;
      return;
    }
    const Node name = node.Child(Role::kName);
    if (name) {
      const std::vector<std::string> parts = NamePartsOf(name);
      const std::string folded = FoldName(parts.back());
      if (folded != "sp_executesql") return VisitCall(parts, folded, depth);
    }
    const std::vector<Node> arguments = node.Children(Role::kArgument);
    const Node text = name ? (arguments.empty() ? Node() : arguments[0].Child(Role::kValue))
                           : node.Child(Role::kValue);
    std::vector<std::string> texts;
    if (text.Is(NodeKind::kVariableReference)) {
      const auto known = texts_.find(FoldName(text.TokenText(Role::kValue)));
      if (known != texts_.end()) texts = known->second;
    } else if (text) {
      texts.push_back(TextOf(text));
    }
    if (texts.empty()) works_on_rows_ = true;
    for (const std::string& each : texts) VisitText(each, depth, /*is_called=*/false);
  }

  void VisitCall(const std::vector<std::string>& parts, const std::string& folded, int depth) {
    const catalog::Routine* routine =
        catalog_.FindRoutine(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
    if (routine != nullptr && routine->kind == catalog::RoutineKind::kProcedure) {
      if (!called_.insert(FoldName(routine->name.ToString())).second) return;
      return VisitText(routine->definition, depth, /*is_called=*/true);
    }
    if (routine == nullptr && (folded.starts_with("sp_") || folded.starts_with("xp_")))
      return Add("EXECUTE " + folded);
    works_on_rows_ = true;
  }

  // A text that defines a procedure is a definition, unless the procedure is called.
  void VisitText(const std::string& text, int depth, bool is_called) {
    kept_.push_back(text);
    diagnostics::DiagnosticSink ignored;
    parsed_.push_back(
        std::make_unique<tsql::ParseResult>(tsql::ParseBatch(kept_.back(), {}, ignored)));
    const tsql::ParseResult& parsed = *parsed_.back();
    if (parsed.ok) {
      for (const Node statement : parsed.tree.Root().Children(Role::kStatement)) {
        const bool defines = statement.Is(NodeKind::kCreateProcedure) && !is_called;
        defines ? VisitDefinition(statement) : Walk(statement, depth + 1);
      }
      return;
    }
    // A hole may stand where only a number or a keyword can; the first words tell what it is.
    const auto [verb, noun] = FirstTwoWords(text);
    if (!IsVerb(verb) || noun == "TABLE") {
      works_on_rows_ = true;
      return;
    }
    Add(verb + " " + noun);
  }

  static std::pair<std::string, std::string> FirstTwoWords(const std::string& text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
      if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
        words.back() += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      } else if (!words.back().empty()) {
        if (words.size() == 2) break;
        words.emplace_back();
      }
    }
    words.resize(2);
    return {words[0], words[1]};
  }

  // The text that an expression makes of constants, with a name for each hole.
  static std::string TextOf(Node node) {
    if (node.Is(NodeKind::kLiteral)) {
      std::string_view text = node.Text();
      if (text.starts_with('N') || text.starts_with('n')) text.remove_prefix(1);
      if (text.size() < 2 || !text.starts_with('\'')) return kHole;
      std::string value;
      for (size_t i = 1; i + 1 < text.size(); ++i) {
        value += text[i];
        if (text[i] == '\'') ++i;
      }
      return value;
    }
    if (node.Is(NodeKind::kBinary)) {
      std::string text;
      for (const Node child : node.Children()) text += TextOf(child);
      return text;
    }
    if (node.Is(NodeKind::kParenthesized) && !node.Children().empty())
      return TextOf(node.Children()[0]);
    return kHole;
  }

  // Remembers the texts that variables are given.
  void NoteText(Node node) {
    const bool names = node.Is(NodeKind::kVariableDeclaration) || node.Is(NodeKind::kSetVariable) ||
                       node.Is(NodeKind::kSelectAssignment);
    if (names && node.Has(Role::kValue)) {
      const std::string variable = FoldName(
          node.TokenText(node.Is(NodeKind::kVariableDeclaration) ? Role::kName : Role::kTarget));
      const std::string text = TextOf(node.Child(Role::kValue));
      std::vector<std::string>& known = texts_[variable];
      const bool goes_on = JoinedTokens(node, Role::kOperator, "") == "+=";
      if (goes_on && !known.empty() && !known.back().empty()) {
        known.back() += text;
      } else if (goes_on && !known.empty()) {
        known.back() = text;
      } else {
        known.push_back(text);
      }
    }
    for (const Node child : node.Children()) NoteText(child);
  }

  const catalog::CatalogIndex& catalog_;
  bool works_on_rows_ = false;
  bool prints_ = false;
  std::vector<std::string> words_;
  std::map<std::string, std::vector<std::string>> texts_;
  std::set<std::string> called_;
  std::set<std::string> created_, dropped_;  // Tables, folded, without their schemas.
  std::set<std::string> filled_, copied_;    // By INSERT, and read by it.
  std::deque<std::string> kept_;
  std::vector<std::unique_ptr<tsql::ParseResult>> parsed_;
};

}  // namespace

std::string AdministrationOf(const catalog::CatalogIndex& catalog, tsql::Node create) {
  return Administration(catalog).Describe(create);
}

}  // namespace datamigrate::relational
