#include "agent_engine/tsql/lexer/lexer.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "agent_engine/tsql/lexer/keywords.h"

namespace datamigrate::tsql {
namespace {

struct Piece {
  TokenKind kind;
  std::string text;
  bool operator==(const Piece&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Piece& piece) {
  return out << static_cast<int>(piece.kind) << " " << piece.text;
}

struct Lexed {
  std::vector<Piece> pieces;
  std::vector<std::string> codes;
  bool quoted_identifier = true;
};

Lexed LexText(std::string_view text, bool quoted_identifier = true) {
  diagnostics::DiagnosticSink sink;
  const LexResult result = Lex(text, quoted_identifier, sink);
  REQUIRE(result.tokens.size() >= kEndTokenCount);
  Lexed lexed;
  for (size_t i = 0; i + kEndTokenCount < result.tokens.size(); ++i) {
    const Token& token = result.tokens[i];
    lexed.pieces.push_back(
        {token.kind, std::string(text.substr(token.begin, token.end - token.begin))});
  }
  for (const auto& diagnostic : sink.diagnostics()) {
    lexed.codes.emplace_back(diagnostics::KindOf(diagnostic.id).code);
  }
  CHECK(result.ok == lexed.codes.empty());
  lexed.quoted_identifier = result.quoted_identifier;
  return lexed;
}

std::vector<Piece> Pieces(std::string_view text, bool quoted_identifier = true) {
  const Lexed lexed = LexText(text, quoted_identifier);
  CHECK(lexed.codes.empty());
  return lexed.pieces;
}

using K = TokenKind;

TEST_CASE("numbers take every form of Constants (Transact-SQL)", "[lexer]") {
  CHECK(Pieces("1 1.5 .5 1. 1e5 1.e 1E+3 2e-7") == std::vector<Piece>{{K::kInteger, "1"},
                                                                      {K::kDecimal, "1.5"},
                                                                      {K::kDecimal, ".5"},
                                                                      {K::kDecimal, "1."},
                                                                      {K::kFloat, "1e5"},
                                                                      {K::kFloat, "1.e"},
                                                                      {K::kFloat, "1E+3"},
                                                                      {K::kFloat, "2e-7"}});
  CHECK(Pieces("0x 0xAf 0x1g") ==
        std::vector<Piece>{
            {K::kBinary, "0x"}, {K::kBinary, "0xAf"}, {K::kBinary, "0x1"}, {K::kWord, "g"}});
  CHECK(Pieces("0xAB\\\nCD 0x12\\\r\n34") ==
        std::vector<Piece>{{K::kBinary, "0xAB\\\nCD"}, {K::kBinary, "0x12\\\r\n34"}});
}

TEST_CASE("a number ends where its digits end", "[lexer]") {
  CHECK(Pieces("1a") == std::vector<Piece>{{K::kInteger, "1"}, {K::kWord, "a"}});
  CHECK(Pieces("1e--c") == std::vector<Piece>{{K::kFloat, "1e"}});
  CHECK(Pieces("10.0.0.1") ==
        std::vector<Piece>{{K::kDecimal, "10.0"}, {K::kDecimal, ".0"}, {K::kDecimal, ".1"}});
}

TEST_CASE("money has any currency sign", "[lexer]") {
  CHECK(Pieces("$1.50 $ \u00A31 \u20AC2.5 \uFFE53 -$1") ==
        std::vector<Piece>{{K::kMoney, "$1.50"},
                           {K::kMoney, "$"},
                           {K::kMoney, "\u00A31"},
                           {K::kMoney, "\u20AC2.5"},
                           {K::kMoney, "\uFFE53"},
                           {K::kMinus, "-"},
                           {K::kMoney, "$1"}});
}

TEST_CASE("what begins with a dollar sign and goes on is no money", "[lexer]") {
  CHECK(Pieces("$action $(db) stage_$(env)x") == std::vector<Piece>{{K::kPseudoColumn, "$action"},
                                                                    {K::kSqlcmdVariable, "$(db)"},
                                                                    {K::kWord, "stage_"},
                                                                    {K::kSqlcmdVariable, "$(env)"},
                                                                    {K::kWord, "x"}});
}

TEST_CASE("words hold letters of every script", "[lexer]") {
  CHECK(Pieces("Größe 価格 имя #tmp ##g a@b$c_1 @x @@ROWCOUNT @@fetch_status @@mine @") ==
        std::vector<Piece>{{K::kWord, "Größe"},
                           {K::kWord, "価格"},
                           {K::kWord, "имя"},
                           {K::kWord, "#tmp"},
                           {K::kWord, "##g"},
                           {K::kWord, "a@b$c_1"},
                           {K::kVariable, "@x"},
                           {K::kSystemVariable, "@@ROWCOUNT"},
                           {K::kSystemVariable, "@@fetch_status"},
                           {K::kVariable, "@@mine"},
                           {K::kVariable, "@"}});
}

TEST_CASE("white space has many characters", "[lexer]") {
  CHECK(Pieces("a\u00A0b\u3000c\u2003d\uFEFFe\t\r\n\vf") == std::vector<Piece>{{K::kWord, "a"},
                                                                               {K::kWord, "b"},
                                                                               {K::kWord, "c"},
                                                                               {K::kWord, "d"},
                                                                               {K::kWord, "e"},
                                                                               {K::kWord, "f"}});
}

TEST_CASE("comments nest and leave no token", "[lexer]") {
  CHECK(Pieces("a /* b /* c */ d */ e -- f */\n g") ==
        std::vector<Piece>{{K::kWord, "a"}, {K::kWord, "e"}, {K::kWord, "g"}});
  CHECK(Pieces("1-/**/-2") ==
        std::vector<Piece>{
            {K::kInteger, "1"}, {K::kMinus, "-"}, {K::kMinus, "-"}, {K::kInteger, "2"}});
}

TEST_CASE("quotes are doubled inside", "[lexer]") {
  CHECK(Pieces("'it''s' N'x' n'' [a]]b] \"c\"\"d\"") ==
        std::vector<Piece>{{K::kString, "'it''s'"},
                           {K::kNationalString, "N'x'"},
                           {K::kNationalString, "n''"},
                           {K::kQuotedName, "[a]]b]"},
                           {K::kQuotedName, "\"c\"\"d\""}});
}

TEST_CASE("QUOTED_IDENTIFIER decides what double quotes are", "[lexer]") {
  CHECK(Pieces("\"a\" N\"b\"", false) ==
        std::vector<Piece>{{K::kString, "\"a\""}, {K::kNationalString, "N\"b\""}});
  const auto kind_of_last = [](std::string_view text) { return LexText(text).pieces.back().kind; };
  CHECK(kind_of_last("SET QUOTED_IDENTIFIER OFF SELECT \"a\"") == K::kString);
  CHECK(kind_of_last("set ansi_nulls, quoted_identifier off; select \"a\"") == K::kString);
  CHECK(kind_of_last("SET QUOTED_IDENTIFIER OFF; SET QUOTED_IDENTIFIER ON; SELECT \"a\"") ==
        K::kQuotedName);
  CHECK(kind_of_last("ALTER DATABASE d SET QUOTED_IDENTIFIER OFF SELECT \"a\"") == K::kQuotedName);
  CHECK_FALSE(LexText("SET QUOTED_IDENTIFIER OFF").quoted_identifier);
}

TEST_CASE("operators are single characters but for ::", "[lexer]") {
  CHECK(Pieces("a!<b::c:d+=") == std::vector<Piece>{{K::kWord, "a"},
                                                    {K::kExclamation, "!"},
                                                    {K::kLess, "<"},
                                                    {K::kWord, "b"},
                                                    {K::kDoubleColon, "::"},
                                                    {K::kWord, "c"},
                                                    {K::kColon, ":"},
                                                    {K::kWord, "d"},
                                                    {K::kPlus, "+"},
                                                    {K::kEqual, "="}});
}

TEST_CASE("what is not closed reaches to the end and is reported", "[lexer]") {
  CHECK(LexText("a 'b c").codes == std::vector<std::string>{"TS0101"});
  CHECK(LexText("a 'b c").pieces.back() == Piece{K::kString, "'b c"});
  CHECK(LexText("a /* b /* c */").codes == std::vector<std::string>{"TS0102"});
  CHECK(LexText("a [b c").codes == std::vector<std::string>{"TS0103"});
  CHECK(LexText("a \"b c").codes == std::vector<std::string>{"TS0103"});
  CHECK(LexText("'").codes == std::vector<std::string>{"TS0101"});
}

TEST_CASE("characters that begin no token are reported", "[lexer]") {
  CHECK(LexText("a ` b").codes == std::vector<std::string>{"TS0104"});
  CHECK(LexText("a \xFF\xFE b").codes == std::vector<std::string>{"TS0104", "TS0104"});
  CHECK(LexText("\u201Cx\u201D").codes == std::vector<std::string>{"TS0104", "TS0104"});
  CHECK(LexText("\xE4\xBE").codes.size() == 2);  // A character cut off by the end.
}

TEST_CASE("every keyword is found in any case, and nothing else is", "[lexer]") {
  const std::vector<std::string> texts = {
#define KEYWORD(id, text, is_reserved) text,
#include "agent_engine/tsql/lexer/keywords.def"
#undef KEYWORD
  };
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto expected = static_cast<Keyword>(i + 1);
    std::string lower = texts[i];
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    CHECK(FindKeyword(texts[i]) == expected);
    CHECK(FindKeyword(lower) == expected);
    CHECK(KeywordText(expected) == texts[i]);
    CHECK(LexText(lower).pieces.size() == 1);
    CHECK(FindKeyword(texts[i] + "q") != expected);
    CHECK(FindKeyword(texts[i].substr(1)) != expected);
  }
  CHECK(FindKeyword("") == Keyword::kNone);
  CHECK(FindKeyword("s") == Keyword::kNone);
  CHECK(FindKeyword("SEMANTICSIMILARITYDETAILSTABLEX") == Keyword::kNone);
}

TEST_CASE("SELECT is reserved and OFFSET is not", "[lexer]") {
  CHECK(IsReserved(Keyword::kSelect));
  CHECK(IsReserved(Keyword::kPercent));
  CHECK_FALSE(IsReserved(Keyword::kOffset));
  CHECK_FALSE(IsReserved(Keyword::kNone));
}

}  // namespace
}  // namespace datamigrate::tsql
