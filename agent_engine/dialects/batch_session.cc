// What a batch says to its session: SET options and transactions.
#include <algorithm>
#include <array>

#include "absl/strings/str_split.h"
#include "agent_engine/dialects/batch_translator.h"
#include "agent_engine/dialects/layout.h"

namespace datamigrate::dialects {
namespace {

// Options that change what queries mean, with the values under which they mean what they are
// translated to; an empty name stands for every value. Source: "SET Statements (Transact-SQL)".
struct Setting {
  std::string_view option;
  std::string_view usual;
};
constexpr auto kSettings = std::to_array<Setting>({
    {"ansi_defaults", "on"},
    {"ansi_nulls", "on"},
    {"ansi_padding", "on"},
    {"ansi_warnings", "on"},
    {"arithabort", "on"},
    {"arithignore", "off"},
    {"concat_null_yields_null", "on"},
    {"datefirst", "7"},
    {"dateformat", "mdy"},
    {"fmtonly", "off"},
    {"implicit_transactions", "off"},
    {"language", "us_english"},
    {"noexec", "off"},
    {"numeric_roundabort", "off"},
    {"parseonly", "off"},
    {"rowcount", "0"},
});

std::vector<std::string> WordsOf(Node node) {
  std::string text = Lower(node.Text());
  std::ranges::replace_if(
      text, [](char c) { return c == ',' || c == ';'; }, ' ');
  return absl::StrSplit(text, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
}

}  // namespace

std::string BatchTranslator::SetOption(Node node, DiagnosticSink& sink) {
  const std::vector<std::string> words = WordsOf(node);
  if (words.size() == 4 && words[1] == "identity_insert") {
    const std::string table = tsql::UnquoteName(words[2].substr(words[2].rfind('.') + 1));
    identity_insert_ = words[3] == "on" ? catalog::FoldName(table) : "";
  }
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    const auto* setting = std::ranges::find(kSettings, words[i], &Setting::option);
    std::string value = words.back();
    std::erase(value, '\'');
    if (setting == kSettings.end() || value == setting->usual) continue;
    Refuse(node, "SET " + words[i] + " " + value, sink);
    return "";
  }
  NoteDropped(node, sink);
  return "";
}

// @@ROWCOUNT, SCOPE_IDENTITY() and @@IDENTITY, where the batch alone tells what they are.
void BatchTranslator::NoteWritten(Node node, DiagnosticSink& sink) {
  variables_.erase("@@rowcount");
  if (!node.Is(NodeKind::kInsertStatement) || sink.HasErrors()) return;
  if (const Node rows = node.Child(Role::kSource); rows.Is(NodeKind::kValuesClause)) {
    variables_["@@rowcount"] =
        relational::MakeInteger(static_cast<int64_t>(rows.Children(Role::kRow).size()));
  }
  const catalog::Table* table = FindTarget(node.Child(Role::kTarget));
  const bool counts_up = table != nullptr && counts_up_.contains(table->name.ToString()) &&
                         !numbered_by_hand_.contains(catalog::FoldName(table->name.name));
  if (!counts_up) return;
  for (const catalog::Column& column : table->columns) {
    if (!column.identity) continue;
    const std::string text = "(SELECT CAST(MAX([" + column.name + "]) AS numeric(38, 0)) FROM [" +
                             table->name.schema + "].[" + table->name.name + "])";
    const tsql::ParseResult parsed = tsql::ParseExpression(text, false, {}, sink);
    if (!parsed.ok) return;
    ExprPtr last =
        relational::LowerOverTable(Index(), nullptr, parsed.tree.Root(), {}, Options(), sink);
    variables_["@@identity"] = relational::Clone(*last);
    variables_["@@scope_identity"] = std::move(last);
  }
}

std::string BatchTranslator::Transaction(Node node, DiagnosticSink& sink) {
  std::vector<std::string> words = WordsOf(node);
  std::erase_if(words, [](const std::string& word) {
    return word == "tran" || word == "transaction" || word == "work";
  });
  const bool is_one =
      !words.empty() && (words[0] == "begin" || words[0] == "commit" || words[0] == "rollback");
  if (!is_one) return Command(node, sink);
  if (words.size() != 1 || !dialect_.has_transactions) return RefuseStatement(node, sink);
  const bool begins = words[0] == "begin";
  if (begins == in_transaction_) return RefuseStatement(node, sink);
  in_transaction_ = begins;
  if (words[0] == "rollback") {
    MarkStale();
    // What was written to table variables stays: "table (Transact-SQL)".
    if (has_table_variables_) {
      Refuse(node, "ROLLBACK beside table variables", sink);
      return "";
    }
  }
  return begins ? "begin transaction" : words[0];
}

}  // namespace datamigrate::dialects
