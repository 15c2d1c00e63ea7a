#include "agent_engine/source/text_encoding.h"

#include <catch2/catch.hpp>

namespace datamigrate::source {
namespace {

using namespace std::string_literals;

std::string Utf16(std::u16string_view text, bool big_endian) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    bytes += big_endian ? high : low;
    bytes += big_endian ? low : high;
  }
  return bytes;
}

TEST_CASE("a byte order mark says the encoding and is taken off", "[source]") {
  const auto utf8 = DecodeText("\xEF\xBB\xBFSELECT 'é'"s);
  REQUIRE(utf8);
  CHECK(utf8->text == "SELECT 'é'");
  const auto little = DecodeText("\xFF\xFE"s + Utf16(u"SELECT '客户 😀'", false));
  REQUIRE(little);
  CHECK(little->text == "SELECT '客户 😀'");
  CHECK(little->encoding == TextEncoding::kUtf16LittleEndian);
  const auto big = DecodeText("\xFE\xFF"s + Utf16(u"SELECT 'é'", true));
  REQUIRE(big);
  CHECK(big->text == "SELECT 'é'");
}

TEST_CASE("without a mark the bytes say the encoding", "[source]") {
  const auto little = DecodeText(Utf16(u"CREATE TABLE t (名前 int)", false));
  REQUIRE(little);
  CHECK(little->text == "CREATE TABLE t (名前 int)");
  const auto big = DecodeText(Utf16(u"CREATE TABLE t (a int)", true));
  REQUIRE(big);
  CHECK(big->encoding == TextEncoding::kUtf16BigEndian);
  const auto windows = DecodeText("PRINT '\x80 M\xFCller \x93q\x94'"s);
  REQUIRE(windows);
  CHECK(windows->text == "PRINT '€ Müller “q”'");
  CHECK(windows->encoding == TextEncoding::kWindows1252);
  CHECK(DecodeText("")->text.empty());
}

TEST_CASE("what is not text is refused", "[source]") {
  CHECK_FALSE(DecodeText("MZ\x90\0\x03\0\0\0\x04"s));
  CHECK_FALSE(DecodeText("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s));
  CHECK_FALSE(DecodeText(std::string(100, '\x01')));
}

TEST_CASE("broken UTF-16 gives replacement characters, not a crash", "[source]") {
  CHECK(Utf16ToUtf8(Utf16(u"a\xD800"
                          u"b",
                          false),
                    false) == "a\uFFFDb");
  CHECK(Utf16ToUtf8("a\0b"s, false) == "a\uFFFD");
}

TEST_CASE("UTF-8 is checked as the standard says", "[source]") {
  CHECK(IsUtf8("é€😀"));
  CHECK_FALSE(IsUtf8("\xC0\xAF"));          // Overlong.
  CHECK_FALSE(IsUtf8("\xED\xA0\x80"));      // A surrogate.
  CHECK_FALSE(IsUtf8("\xF4\x90\x80\x80"));  // Beyond U+10FFFF.
  CHECK_FALSE(IsUtf8("\xE2\x82"));          // Cut off.
  CHECK(Utf16Length("aé😀") == 4);
}

}  // namespace
}  // namespace datamigrate::source
