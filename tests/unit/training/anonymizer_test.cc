#include "agent_engine/training/anonymizer.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "agent_engine/source/scripts/data_types.h"
#include "agent_engine/source/scripts/script_source.h"
#include "agent_engine/tsql/ast/syntax_tree.h"
#include "agent_engine/tsql/binder/functions.h"
#include "agent_engine/tsql/lexer/lexer.h"

namespace datamigrate::training {
namespace {

namespace fs = std::filesystem;
using tsql::TokenKind;

std::string Anonymous(const std::string& text) {
  Anonymizer anonymizer(7);
  const auto result = anonymizer.Rewrite(text);
  INFO(text);
  REQUIRE(result.ok());
  return *result;
}

TEST_CASE("names, variables and literals become others, consistently", "[training]") {
  CHECK(
      Anonymous("SELECT o.Total, [o].[Net Price] FROM Sales.Orders AS o WHERE O.total > @least") ==
      "SELECT n1.n2, n1.n3 FROM n4.n5 AS n1 WHERE n1.n2 > @n6");
}

TEST_CASE("words of the language, functions, types and date parts stay", "[training]") {
  CHECK(Anonymous("SELECT CONVERT(varchar(8), SUM(DATEDIFF(day, a, GETDATE())), 112) FROM dbo.t") ==
        "SELECT CONVERT(varchar(8), SUM(DATEDIFF(day, n1, GETDATE())), 112) FROM dbo.n2");
  CHECK(Anonymous("SELECT name FROM sys.objects") == "SELECT n1 FROM sys.objects");
  // A column may be called as a function or a type is.
  CHECK(Anonymous("SELECT [date], t.[sum] FROM t") == "SELECT n1, n2.n3 FROM n2");
}

TEST_CASE("literals keep their shape", "[training]") {
  const std::string text = Anonymous(
      "SELECT a FROM t WHERE b LIKE N'%Miller''s_%' AND c = '2020-02-29' AND d IN (0, 1, 4711)");
  CHECK(text.find("Miller") == std::string::npos);
  CHECK(text.find("N'%w1''w2%'") != std::string::npos);
  CHECK(text.find("2020-02-29") == std::string::npos);
  CHECK(text.find("4711") == std::string::npos);
  CHECK(text.find("(0, 1, ") != std::string::npos);
  const size_t date = text.find("n4 = '") + 6;
  CHECK((text[date + 4] == '-' && text[date + 7] == '-'));
}

TEST_CASE("comments are left out", "[training]") {
  CHECK(Anonymous("SELECT a -- of Ms Miller\nFROM /* secret */ t") == "SELECT n1\nFROM n2");
}

TEST_CASE("two texts of one anonymizer fit together", "[training]") {
  Anonymizer anonymizer(7);
  const auto one = anonymizer.Rewrite("SELECT Price FROM Items WHERE Kind = 'red'");
  const auto other = anonymizer.Rewrite("SELECT price FROM items WHERE kind LIKE 'RED%'");
  REQUIRE((one.ok() && other.ok()));
  CHECK(*one == "SELECT n1 FROM n2 WHERE n3 = 'w1'");
  CHECK(*other == "SELECT n1 FROM n2 WHERE n3 LIKE 'w1%'");
}

TEST_CASE("what the parser does not take is refused", "[training]") {
  Anonymizer anonymizer(7);
  CHECK(absl::IsInvalidArgument(anonymizer.Rewrite("SELECT FROM WHERE").status()));
}

// Types and the methods of XML may be quoted, too.
bool IsOfTheLanguage(const std::string& name) {
  static const std::set<std::string> kMethods = {"value", "nodes", "query", "exist", "modify"};
  const auto type = source::ParseDataType(name, source::TypePlace::kCast, "dbo");
  return kMethods.contains(name) || (!type.name.empty() && type.user_type.name.empty());
}

// Every token that says something: names that are no words of the language, strings with letters or
// digits, numbers but 0 and 1.
std::set<std::string> Telling(const std::string& text, const std::set<std::string>& names) {
  diagnostics::DiagnosticSink sink;
  std::set<std::string> found;
  for (const tsql::Token& token : tsql::Lex(text, true, sink).tokens) {
    std::string word = text.substr(token.begin, token.end - token.begin);
    if (token.kind == TokenKind::kVariable) found.insert(catalog::FoldName(word));
    if (token.kind == TokenKind::kQuotedName && !IsOfTheLanguage(tsql::UnquoteName(word))) {
      found.insert(catalog::FoldName(tsql::UnquoteName(word)));
    }
    if (token.kind == TokenKind::kWord && token.keyword == tsql::Keyword::kNone &&
        names.contains(catalog::FoldName(word))) {
      found.insert(catalog::FoldName(word));
    }
    const bool is_string =
        token.kind == TokenKind::kString || token.kind == TokenKind::kNationalString;
    if (is_string && word.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
                         std::string::npos) {
      found.insert(word);
    }
  }
  return found;
}

// Names of the catalog's objects, columns and parameters, without those that are functions, too.
std::set<std::string> NamesOf(const catalog::Catalog& catalog) {
  std::set<std::string> names;
  const auto add = [&](const std::string& name) {
    std::string upper = name;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (tsql::FindFunction(upper) == nullptr && upper != "DBO")
      names.insert(catalog::FoldName(name));
  };
  for (const auto& table : catalog.tables) {
    add(table.name.schema);
    add(table.name.name);
    for (const auto& column : table.columns) add(column.name);
  }
  for (const auto& view : catalog.views) add(view.name.name);
  for (const auto& routine : catalog.routines) add(routine.name.name);
  return names;
}

TEST_CASE("no name and no string of real databases survives", "[training][corpus]") {
  const fs::path corpus = fs::path(DATAMIGRATE_SOURCE_DIR) / "../shared/corpus";
  if (!fs::exists(corpus)) {
    WARN("skipped: there are no databases beside the repository");
    return;
  }
  int texts = 0;
  for (const char* database : {"northwind", "pubs", "adventureworks-oltp", "adventureworks-dw"}) {
    source::ScriptSourceOptions options;
    options.load_rows = false;
    const auto source = source::ScriptSource::Open(corpus / database, options);
    REQUIRE(source.ok());
    const catalog::Catalog& catalog = (*source)->catalog();
    const std::set<std::string> names = NamesOf(catalog);
    std::vector<std::string> definitions;
    for (const auto& view : catalog.views) definitions.push_back(view.definition);
    for (const auto& routine : catalog.routines) definitions.push_back(routine.definition);
    for (const std::string& definition : definitions) {
      Anonymizer anonymizer(7);
      const auto rewritten = anonymizer.Rewrite(definition);
      if (!rewritten.ok()) continue;
      ++texts;
      const std::set<std::string> before = Telling(definition, names);
      for (const std::string& token : Telling(*rewritten, names)) {
        INFO(database << "\n" << *rewritten);
        CHECK_FALSE(before.contains(token));
      }
    }
  }
  CHECK(texts > 60);
}

}  // namespace
}  // namespace datamigrate::training
