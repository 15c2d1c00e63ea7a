#include "agent_engine/cli/json_line.h"

#include "catch2/catch.hpp"

namespace datamigrate::cli {
namespace {

using diagnostics::Diagnostic;
using diagnostics::DiagnosticId;

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

TEST_CASE("a value is written on one line in the order of its fields") {
  CHECK(JsonLine({{"ok", true}, {"error", "line 1\nline 2"}, {"a", 1}}) ==
        R"({"ok":true,"error":"line 1\nline 2","a":1})");
}

TEST_CASE("text beyond ASCII stays as it is") {
  CHECK(JsonLine({{"sql", "SELECT N'Größe 尺寸'"}}) == R"({"sql":"SELECT N'Größe 尺寸'"})");
}

TEST_CASE("bytes that are not UTF-8 become U+FFFD") {
  const std::string windows_1252 = "caf\xE9 x";
  CHECK(JsonLine({{"sql", windows_1252}}) ==
        "{\"sql\":\"caf" + std::string(kReplacement) + " x\"}");
}

TEST_CASE("a sequence that is cut off, too long or a surrogate stays readable JSON") {
  const std::string bytes = GENERATE(as<std::string>(), "a\xE5\xB0", "\xC0\xAF", "\xED\xA0\x80",
                                     "\xF5\x80\x80\x80", "\xFF\xFE");
  const std::string line = JsonLine({{"sql", bytes}});
  const auto parsed = nlohmann::json::parse(line, nullptr, false);
  REQUIRE(parsed.is_object());
  CHECK_THAT(parsed["sql"].get<std::string>(), Catch::Contains(kReplacement));
}

TEST_CASE("a finding without a file is placed in the text") {
  const diagnostics::SourceFile text("", "SELECT 1\nFORM t");
  const Diagnostic finding{
      DiagnosticId::kExpectedToken, {9, 13}, {"FROM", "'FORM'"}, "write FROM", "", "", {}};
  const nlohmann::ordered_json json = ToJson(finding, &text);
  CHECK(json["code"] == "TS0210");
  CHECK(json["severity"] == "error");
  CHECK(json["line"] == 2);
  CHECK(json["column"] == 1);
  CHECK(json["message"] == "expected FROM before 'FORM'");
  CHECK(json["hint"] == "write FROM");
  CHECK_FALSE(json.contains("object"));
  CHECK_FALSE(json.contains("file"));
}

TEST_CASE("a finding that names its file keeps its own place") {
  const diagnostics::SourceFile text("", "");
  const Diagnostic finding{
      DiagnosticId::kExpectedToken, {0, 1}, {"a", "b"}, "", "dbo.v", "v.sql", {7, 3}};
  const nlohmann::ordered_json json = ToJson(finding, &text);
  CHECK(json["line"] == 7);
  CHECK(json["column"] == 3);
  CHECK(json["object"] == "dbo.v");
  CHECK(json["file"] == "v.sql");
}

}  // namespace
}  // namespace datamigrate::cli
