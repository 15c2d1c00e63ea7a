#include "agent_engine/training/anonymizer.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "agent_engine/catalog/catalog.h"
#include "agent_engine/tsql/ast/syntax_tree.h"
#include "agent_engine/tsql/binder/functions.h"
#include "agent_engine/tsql/parser/parser.h"
#include "common/diagnostics/diagnostic.h"
#include "fmt/format.h"

namespace datamigrate::training {
namespace {

using tsql::Element;
using tsql::Node;
using tsql::NodeKind;
using tsql::Role;
using tsql::Token;
using tsql::TokenKind;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

// Functions whose first argument is a date part, "Date and time data types and functions
// (Transact-SQL)".
constexpr std::array<std::string_view, 8> kDatePartFunctions = {
    "DATEADD",  "DATEDIFF",  "DATEDIFF_BIG", "DATENAME",
    "DATEPART", "DATETRUNC", "DATE_BUCKET",  "DATETIMETRUNC"};

bool IsBuiltInFunction(Node name) {
  const std::vector<std::string> parts = tsql::NameParts(name);
  return parts.size() == 1 && tsql::FindFunction(Upper(parts[0])) != nullptr;
}

// "2020-01-31…" or "20200131…": the length of the date at the front; 0 where there is none.
size_t DateLength(std::string_view text) {
  const auto matches = [&](std::string_view shape) {
    if (text.size() < shape.size()) return false;
    for (size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == '0' ? !IsDigit(text[i]) : text[i] != shape[i]) return false;
    }
    return text.size() == shape.size() || !IsDigit(text[shape.size()]);
  };
  if (matches("0000-00-00")) return 10;
  return matches("00000000") ? 8 : 0;
}

// A small mixing step (splitmix64, Steele, Lea and Flood 2014).
uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

uint64_t HashOf(std::string_view text, uint64_t seed) {
  uint64_t hash = Mix(seed);
  for (const char c : text) hash = Mix(hash ^ static_cast<unsigned char>(c));
  return hash;
}

// Some day from 1971 to 1999, which every type of dates has.
std::string DayFor(uint64_t hash, std::string_view separator) {
  return fmt::format("{:04}{}{:02}{}{:02}", 1971 + hash % 29, separator, 1 + hash / 29 % 12,
                     separator, 1 + hash / 348 % 28);
}

}  // namespace

// What each token of one batch becomes.
class BatchRewriter {
 public:
  BatchRewriter(Anonymizer& anonymizer, const tsql::SyntaxTree& tree)
      : anonymizer_(anonymizer), tree_(tree), roles_(tree.tokens.size()) {
    Visit(tree.Root(), Context());
  }

  std::string Print() {
    std::string out;
    for (size_t i = 0; i < tree_.tokens.size(); ++i) {
      if (i > 0) out += Gap(tree_.tokens[i - 1], tree_.tokens[i]);
      out += Replacement(i);
    }
    return out;
  }

 private:
  enum class Use : uint8_t { kWord, kName, kKept };
  struct Context {
    bool is_type = false;  // Below a data type.
    bool is_date_part = false;
    bool is_kept_name = false;  // Of a built-in function, or of the server's own schemas.
  };

  void Visit(Node node, Context context) {
    context.is_type = context.is_type || node.Is(NodeKind::kDataType);
    if (node.Is(NodeKind::kName)) context.is_kept_name = context.is_kept_name || IsOfServer(node);
    const auto& record = tree_.nodes[node.index()];
    size_t argument = 0;
    for (uint32_t i = 0; i < record.element_count; ++i) {
      const Element element = tree_.elements[record.first_element + i];
      if (element.is_node == 0) {
        roles_[element.index] = UseOf(node, element, context);
        continue;
      }
      Context below = context;
      if (node.Is(NodeKind::kFunctionCall) && element.role == Role::kName) {
        below.is_kept_name = IsBuiltInFunction(Node(&tree_, element.index));
      }
      if (element.role == Role::kArgument && argument++ == 0)
        below.is_date_part = TakesDatePart(node);
      if (element.role == Role::kStyle) below.is_type = true;
      Visit(Node(&tree_, element.index), below);
    }
  }

  bool IsOfServer(Node name) const {
    const std::vector<std::string> parts = tsql::NameParts(name);
    if (parts.size() < 2) return false;
    const std::string schema = Upper(parts[parts.size() - 2]);
    return schema == "SYS" || schema == "INFORMATION_SCHEMA";
  }

  bool TakesDatePart(Node call) const {
    if (!call.Is(NodeKind::kFunctionCall)) return false;
    const std::vector<std::string> parts = tsql::NameParts(call.Child(Role::kName));
    return parts.size() == 1 &&
           std::ranges::find(kDatePartFunctions, Upper(parts[0])) != kDatePartFunctions.end();
  }

  // What a word is, by its place; see tsql/ast/node_kinds.def.
  Use UseOf(Node node, const Element& element, const Context& context) const {
    if (context.is_date_part || context.is_kept_name) return Use::kKept;
    if (node.Is(NodeKind::kName) || node.Is(NodeKind::kColumnName)) {
      return context.is_type && IsBuiltInType(tree_.tokens[element.index]) ? Use::kKept
                                                                           : Use::kName;
    }
    if (context.is_type) return Use::kKept;  // Lengths, MAX, styles.
    switch (element.role) {
      case Role::kSyntax:
      case Role::kFunction:
      case Role::kMethod:
        return Use::kKept;
      case Role::kAlias:
      case Role::kName:
      case Role::kColumn:
      case Role::kTarget:
      case Role::kWindowName:
        return Use::kName;
      default:
        return Use::kWord;
    }
  }

  bool IsBuiltInType(const Token& token) const {
    static const std::set<std::string> kTypes = {"BIGINT",
                                                 "BINARY",
                                                 "BIT",
                                                 "CHAR",
                                                 "CHARACTER",
                                                 "CURSOR",
                                                 "DATE",
                                                 "DATETIME",
                                                 "DATETIME2",
                                                 "DATETIMEOFFSET",
                                                 "DEC",
                                                 "DECIMAL",
                                                 "DOUBLE",
                                                 "FLOAT",
                                                 "GEOGRAPHY",
                                                 "GEOMETRY",
                                                 "HIERARCHYID",
                                                 "IMAGE",
                                                 "INT",
                                                 "INTEGER",
                                                 "JSON",
                                                 "MONEY",
                                                 "NATIONAL",
                                                 "NCHAR",
                                                 "NTEXT",
                                                 "NUMERIC",
                                                 "NVARCHAR",
                                                 "PRECISION",
                                                 "REAL",
                                                 "ROWVERSION",
                                                 "SMALLDATETIME",
                                                 "SMALLINT",
                                                 "SMALLMONEY",
                                                 "SQL_VARIANT",
                                                 "SYSNAME",
                                                 "TABLE",
                                                 "TEXT",
                                                 "TIME",
                                                 "TIMESTAMP",
                                                 "TINYINT",
                                                 "UNIQUEIDENTIFIER",
                                                 "VARBINARY",
                                                 "VARCHAR",
                                                 "VARYING",
                                                 "VECTOR",
                                                 "XML"};
    return kTypes.contains(Upper(tsql::UnquoteName(tree_.TextOf(token))));
  }

  std::string Replacement(size_t index) {
    const Token& token = tree_.tokens[index];
    const std::string_view text = tree_.TextOf(token);
    if (roles_[index] == Use::kKept) return std::string(text);
    switch (token.kind) {
      case TokenKind::kQuotedName:
        return anonymizer_.NameFor(tsql::UnquoteName(text));
      case TokenKind::kVariable:
        return "@" + anonymizer_.NameFor(text.substr(1));
      case TokenKind::kSqlcmdVariable:
        return "$(" + anonymizer_.NameFor(text) + ")";
      case TokenKind::kWord:
        return WordReplacement(token, text, roles_[index]);
      case TokenKind::kString:
        return "'" + anonymizer_.TextFor(tsql::UnquoteString(text)) + "'";
      case TokenKind::kNationalString:
        return "N'" + anonymizer_.TextFor(tsql::UnquoteString(text)) + "'";
      case TokenKind::kInteger:
      case TokenKind::kDecimal:
      case TokenKind::kFloat:
      case TokenKind::kMoney:
      case TokenKind::kBinary:
        return anonymizer_.NumberFor(text);
      default:
        return std::string(text);
    }
  }

  std::string WordReplacement(const Token& token, std::string_view text, Use use) {
    if (use == Use::kWord && token.keyword != tsql::Keyword::kNone) return std::string(text);
    if (Upper(text) == "DBO") return std::string(text);
    const size_t marks = std::min(text.find_first_not_of('#'), text.size());
    return std::string(marks, '#') + anonymizer_.NameFor(text.substr(marks));
  }

  // Blanks as they were in kind, without the comments among them.
  std::string Gap(const Token& before, const Token& after) const {
    const std::string_view gap = tree_.text.substr(before.end, after.begin - before.end);
    if (gap.empty()) return "";
    return gap.find('\n') == std::string_view::npos ? " " : "\n";
  }

  Anonymizer& anonymizer_;
  const tsql::SyntaxTree& tree_;
  std::vector<Use> roles_;
};

absl::StatusOr<std::string> Anonymizer::Rewrite(std::string_view batch) {
  diagnostics::DiagnosticSink sink;
  const tsql::ParseResult parsed = tsql::ParseBatch(batch, {}, sink);
  if (!parsed.ok) {
    return absl::InvalidArgumentError("a text that the parser does not take is not made anonymous");
  }
  return BatchRewriter(*this, parsed.tree).Print();
}

std::string Anonymizer::NameFor(std::string_view name) {
  std::string& replacement = names_[catalog::FoldName(std::string(name))];
  if (replacement.empty()) replacement = fmt::format("n{}", names_.size());
  return replacement;
}

std::string Anonymizer::WordFor(std::string_view word) {
  std::string& replacement = words_[catalog::FoldName(std::string(word))];
  if (replacement.empty()) replacement = fmt::format("w{}", words_.size());
  return replacement;
}

// As many digits, another one at every place: 1 + (d + k) mod 9 is d for no digit d and no k from 0
// to 7.
std::string Anonymizer::DigitsFor(std::string_view digits) {
  std::string replacement(digits);
  uint64_t hash = HashOf(digits, seed_);
  for (char& c : replacement) {
    c = static_cast<char>('1' + (c - '0' + static_cast<int>(hash % 8)) % 9);
    hash = Mix(hash);
  }
  return replacement;
}

std::string Anonymizer::NumberFor(std::string_view number) {
  if (number == "0" || number == "1") return std::string(number);
  std::string& replacement = numbers_[std::string(number)];
  if (!replacement.empty()) return replacement;
  if (number.starts_with("0x") || number.starts_with("0X")) {
    replacement = fmt::format("0x{:04x}", HashOf(number, seed_) & 0xffff);
    return replacement;
  }
  for (size_t i = 0; i < number.size();) {
    size_t end = i;
    while (end < number.size() && IsDigit(number[end])) ++end;
    replacement += end > i ? DigitsFor(number.substr(i, end - i)) : std::string(1, number[i]);
    i = std::max(end, i + 1);
  }
  return replacement;
}

std::string Anonymizer::TextFor(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (const size_t date = DateLength(text.substr(i));
        date > 0 && (i == 0 || !IsDigit(text[i - 1]))) {
      out += DayFor(HashOf(text.substr(i, date), seed_), date == 10 ? "-" : "");
      i += date;
      continue;
    }
    size_t end = i;
    if (IsDigit(text[i])) {
      while (end < text.size() && IsDigit(text[end])) ++end;
      out += DigitsFor(text.substr(i, end - i));
    } else if (IsLetter(text[i])) {
      while (end < text.size() && (IsLetter(text[end]) || text[end] == '_')) ++end;
      out += WordFor(text.substr(i, end - i));
    } else {
      out += text[i] == '\'' ? "''" : std::string(1, text[i]);
      end = i + 1;
    }
    i = end;
  }
  return out;
}

}  // namespace datamigrate::training
