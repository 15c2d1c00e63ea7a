#include "agent_engine/source/scripts/sqlcmd_reader.h"

#include <deque>

#include <catch2/catch.hpp>
#include "agent_engine/source/scripts/quote_state.h"

namespace datamigrate::source {
namespace {

using diagnostics::SourceFile;

// Reads one script; includes come from `files` by name.
class Reading {
 public:
  explicit Reading(std::string text, std::map<std::string, std::string> included = {}) {
    for (auto& [name, content] : included) files_.emplace_back(name, content);
    files_.emplace_back("main.sql", std::move(text));
    SqlcmdReader reader(
        variables,
        [this](const SourceFile&, std::string_view written) -> const SourceFile* {
          for (const SourceFile& file : files_) {
            if (file.name() == written) return &file;
          }
          return nullptr;
        },
        [this](Batch batch) { batches.push_back(std::move(batch)); }, sink);
    reader.Read(files_.back());
  }

  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const Batch& batch : batches) texts.emplace_back(batch.text());
    return texts;
  }
  std::vector<std::string> Codes() const {
    std::vector<std::string> codes;
    for (const auto& diagnostic : sink.diagnostics())
      codes.emplace_back(diagnostics::KindOf(diagnostic.id).code);
    return codes;
  }
  // "file:line:column" of a byte of a batch.
  static std::string PlaceOf(const Batch& batch, size_t offset) {
    const ScriptPosition position = batch.PositionOf(static_cast<uint32_t>(offset));
    const auto place = position.file->Locate(position.offset);
    return position.file->name() + ":" + std::to_string(place.line) + ":" +
           std::to_string(place.column);
  }

  SqlcmdVariables variables;
  diagnostics::DiagnosticSink sink;
  std::vector<Batch> batches;

 private:
  std::deque<SourceFile> files_;
};

using Texts = std::vector<std::string>;

TEST_CASE("GO on a line of its own ends a batch", "[source][sqlcmd]") {
  CHECK(Reading("a\nGO\nb\r\n  go  \r\nc").Texts() == Texts{"a\n", "b\r\n", "c"});
  CHECK(Reading("a\nGO -- next\nb\nGO /* x */\nc").Texts() == Texts{"a\n", "b\n", "/* x */\nc"});
  CHECK(Reading("GO\nGO\n\n  \n-- only a comment\nGO\n").Texts().empty());
}

TEST_CASE("GO takes a count", "[source][sqlcmd]") {
  const Reading reading("a\nGO 5\nb");
  REQUIRE(reading.batches.size() == 2);
  CHECK(reading.batches[0].repeat == 5);
  CHECK(reading.batches[1].repeat == 1);
}

TEST_CASE("GO is a word like others elsewhere", "[source][sqlcmd]") {
  for (const char* text :
       {"SELECT 1 AS GO", "'a\nGO\nb'", "/* a\nGO\n*/ b", "/* /* \n*/\nGO\n*/ b", "[a\nGO\nb]",
        "\"a\nGO\nb\"", "x\nGOTO done\ny", "x\nGOAL\ny", "x\nGO to\ny", "'it''s\nGO\n' y"}) {
    INFO(text);
    CHECK(Reading(text).Texts() == Texts{text});
  }
  CHECK(Reading("-- '\nGO\nb -- [\nGO\nc").Texts() == Texts{"b -- [\n", "c"});
}

TEST_CASE("GO with a semicolon ends the batch with a warning", "[source][sqlcmd]") {
  const Reading reading("a\nGO;\nb");
  CHECK(reading.Texts() == Texts{"a\n", "b"});
  CHECK(reading.Codes() == Texts{"SC0206"});
}

TEST_CASE("variables are filled in, but not in comments", "[source][sqlcmd]") {
  const Reading reading(
      ":setvar Db \"My Base\"\nUSE [$(db)]; SELECT '$(DB)' -- $(Db) $(x)\n/* $(y) */");
  CHECK(reading.Texts() == Texts{"USE [My Base]; SELECT 'My Base' -- $(Db) $(x)\n/* $(y) */"});
  CHECK(reading.Codes().empty());
}

TEST_CASE("a variable without a value is reported where it stands", "[source][sqlcmd]") {
  const Reading reading("SELECT 1;\nUSE [$(Nowhere)]\n:setvar a 1\n:setvar a\nSELECT $(a)");
  CHECK(reading.Codes() == Texts{"SC0201", "SC0201"});
  CHECK(reading.sink.diagnostics()[0].place.line == 2);
  CHECK(reading.sink.diagnostics()[0].place.column == 6);
  CHECK(reading.sink.diagnostics()[0].arguments == Texts{"Nowhere"});
}

TEST_CASE("positions in a batch lead back to the file and line", "[source][sqlcmd]") {
  const Reading reading(":setvar n Customers\nSELECT *\nFROM $(n) AS c\n:r part.sql\nWHERE x = 1",
                        {{"part.sql", "-- part\nJOIN t ON 1 = 1"}});
  REQUIRE(reading.batches.size() == 1);
  const Batch& batch = reading.batches[0];
  const std::string_view text = batch.text();
  CHECK(Reading::PlaceOf(batch, text.find("SELECT")) == "main.sql:2:1");
  CHECK(Reading::PlaceOf(batch, text.find("Customers")) == "main.sql:3:6");
  CHECK(Reading::PlaceOf(batch, text.find("AS c")) == "main.sql:3:11");
  CHECK(Reading::PlaceOf(batch, text.find("JOIN")) == "part.sql:2:1");
  CHECK(Reading::PlaceOf(batch, text.find("WHERE")) == "main.sql:5:1");
}

TEST_CASE("a file can be included within a batch, and can end it", "[source][sqlcmd]") {
  const Reading reading("a\n:r \"b.sql\"\nd", {{"b.sql", "b\nGO\nc"}});
  CHECK(reading.Texts() == Texts{"a\nb\n", "c\nd"});
}

TEST_CASE("includes that cannot be followed are reported", "[source][sqlcmd]") {
  CHECK(Reading(":r gone.sql\nx").Codes() == Texts{"SC0202"});
  CHECK(Reading(":r main.sql\nx").Codes() == Texts{"SC0203"});
  CHECK(Reading(":r a.sql\nx", {{"a.sql", ":r a.sql\ny"}}).Texts() == Texts{"y\nx"});
  CHECK(Reading(":r\nx").Codes() == Texts{"SC0205"});
}

TEST_CASE("other commands of sqlcmd have no effect and are noted", "[source][sqlcmd]") {
  const Reading reading(":on error exit\n:connect server\n!!dir\nSELECT 1");
  CHECK(reading.Texts() == Texts{"SELECT 1"});
  CHECK(reading.Codes() == Texts{"SC0204", "SC0204", "SC0204"});
  CHECK(Reading("a\n:exit\nb").Texts() == Texts{"a\n"});
  CHECK(Reading("SELECT *\nFROM\n::fn_helpcollations()").Codes().empty());
}

TEST_CASE("what is not closed costs the batches up to the first GO that it hides",
          "[source][sqlcmd]") {
  CHECK(Reading("a 'b\nGO\nc").Texts() == Texts{"a 'b\n", "c"});
  CHECK(Reading("a [b\nGO\nc").Texts() == Texts{"a [b\n", "c"});
  CHECK(Reading("a /* b\nGO 2\nc").Texts() == Texts{"a /* b\n", "c"});
  CHECK(Reading("/* b\nGO\nc").Texts() == Texts{"/* b\n", "c"});
  CHECK(Reading("a 'b").Texts() == Texts{"a 'b"});
  CHECK(Reading("/* b").Texts() == Texts{"/* b"});
  CHECK(Reading("$(").Texts() == Texts{"$("});
}

TEST_CASE("a missing quote does not turn the strings after it inside out", "[source][sqlcmd]") {
  CHECK(Reading("a 'b\nGO\nc 'd'\nGO\ne 'f'").Texts() == Texts{"a 'b\n", "c 'd'\n", "e 'f'"});
  CHECK(Reading("a '\nGO\n'\nGO\nb").Texts() == Texts{"a '\nGO\n'\n", "b"});
}

TEST_CASE("GO is a line of its own, with a count, a semicolon and a comment at most",
          "[source][sqlcmd]") {
  for (const char* line : {"GO", "go", " Go \t", "GO 5", "GO;", "GO --x", "GO/*x*/", "GO 5 --x"}) {
    CHECK(IsGoLine(line, 0));
  }
  for (const char* line : {"GOTO x", "GO5", "GO x", "GO 5 x", "G O", "", "GO; x"}) {
    CHECK_FALSE(IsGoLine(line, 0));
  }
}

}  // namespace
}  // namespace datamigrate::source
