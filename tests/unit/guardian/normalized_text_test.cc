#include "common/guardian/text/normalized_text.h"

#include <catch2/catch.hpp>
#include <string>

#include "common/guardian/ascii.h"

namespace datamigrate::guardian {
namespace {

std::string Normalized(std::string_view raw) {
  NormalizedText text;
  text.Assign(raw);
  return std::string(text.text());
}

uint32_t DisguisesOf(std::string_view raw) {
  NormalizedText text;
  text.Assign(raw);
  return text.disguises();
}

TEST_CASE("Plain text only becomes lower case", "[guardian]") {
  CHECK(Normalized("SELECT 1 FROM T") == "select 1 from t");
  CHECK(DisguisesOf("SELECT 1 FROM T") == 0);
}

TEST_CASE("Encodings are decoded", "[guardian]") {
  CHECK(Normalized("%3Cscript%3E") == "<script>");
  CHECK(Normalized("%u003cscript") == "<script");
  CHECK(Normalized("&lt;script&#62;&#x3c;") == "<script><");
  CHECK(Normalized("\\u003cscript\\x3e") == "<script>");
  CHECK(Normalized("1%20or%201") == "1 or 1");
  CHECK(Normalized("union+select%20") == "union select ");
  // RFC 3629 section 3: the two-byte form of a full stop and of a slash.
  CHECK(Normalized("..%c0%af..%c0%af") == "../../");
  CHECK((DisguisesOf("..%c0%af") & kUrlEncoding) != 0);
}

TEST_CASE("An encoding inside another is decoded, three deep", "[guardian]") {
  CHECK(Normalized("%253Cscript%253E") == "<script>");
  CHECK(Normalized("%25253Cb%25253E") == "<b>");
  CHECK(Normalized("%2525253Cb") == "%3cb");
  CHECK((DisguisesOf("%253Cscript") & kNestedEncoding) != 0);
}

TEST_CASE("Per cent signs of LIKE patterns stay", "[guardian]") {
  CHECK(Normalized("LIKE '%fa%'") == "like '%fa%'");
  CHECK(Normalized("100%") == "100%");
}

TEST_CASE("Characters that hide words are folded or dropped", "[guardian]") {
  CHECK(Normalized("ig\u200bnore") == "ignore");
  CHECK(Normalized("\uff49gnore \uff41ll") == "ignore all");        // full width
  CHECK(Normalized("ign\u043ere") == "ignore");                     // a Cyrillic o in a Latin word
  CHECK(Normalized("\u043d\u0435\u0442") == "\u043d\u0435\u0442");  // a Cyrillic word stays one
  CHECK(Normalized("\u00e9t\u00e9") == "ete");
  CHECK(Normalized("\u201cquoted\u201d") == "\"quoted\"");
  CHECK(Normalized(std::string_view("scr\0ipt", 7)) == "script");
  CHECK(Normalized("a\U000e0069\U000e0067b") == "aigb");  // tag characters
  CHECK((DisguisesOf("a\U000e0069\U000e0067b") & kTagCharacters) != 0);
  CHECK((DisguisesOf("\u202eabc") & kBidiControls) != 0);
}

TEST_CASE("Islands of base64 and hexadecimal digits are read, too", "[guardian]") {
  // printf '<script>alert(1)</script>' | base64
  const std::string text = Normalized("see PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg== now");
  CHECK(text.find("<script>alert(1)</script>") != std::string::npos);
  // printf "waitfor delay '0:0:9'" | xxd -p
  CHECK(Normalized("exec(0x77616974666f722064656c61792027303a303a3927)")
            .find("waitfor delay '0:0:9'") != std::string::npos);
  CHECK((DisguisesOf("PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==") & kBase64Island) != 0);
  CHECK(DisguisesOf("AnOrdinaryIdentifierOfSomeLength") == 0);
}

TEST_CASE("An island is read wherever it begins", "[guardian]") {
  // printf 'fifteen letters' | base64, which has as few digits as an island may have
  const std::string island = "ZmlmdGVlbiBsZXR0ZXJz";
  for (size_t begin = 0; begin < 150; ++begin) {
    const std::string before(begin, ' ');
    CHECK(Normalized(before + island).find("fifteen letters") != std::string::npos);
    CHECK(Normalized(before + island + std::string(70, ' ')).find("fifteen letters") !=
          std::string::npos);
    CHECK(DisguisesOf(before + island.substr(1)) == 0);
  }
}

TEST_CASE("Letters that were spaced out are put together", "[guardian]") {
  CHECK(Normalized("i g n o r e this").find("ignore") != std::string::npos);
  CHECK(Normalized("i.g.n.o.r.e").find("ignore") != std::string::npos);
  CHECK(DisguisesOf("a b c and d") == 0);
  CHECK(DisguisesOf("i g.n o-r e") == 0);  // one spacer throughout
  for (size_t begin = 0; begin < 150; ++begin) {
    const std::string text = std::string(begin, '.') + "i g n o r e";
    CHECK(Normalized(text).find("ignore") != std::string::npos);
    CHECK(Normalized(text + " " + std::string(70, '.')).find("ignore") != std::string::npos);
  }
}

TEST_CASE("What stands as it is in the raw text is told", "[guardian]") {
  const std::string plain =
      "Nothing in this SENTENCE is changed but the case of its letters, and it is long. ";
  NormalizedText text;
  text.Assign(plain);
  REQUIRE(text.StretchesOf(plain).size() == 1);
  CHECK(text.StretchesOf(plain)[0].length == plain.size());

  for (const std::string between :
       {"%41", "\u2019", "&amp;", "\u200b", "%2525", "+%20+", "\xff", "a%c3%a9"}) {
    CAPTURE(between);
    const std::string raw = plain + between + plain + between + between + plain + "short" + between;
    text.Assign(raw);
    const auto& stretches = text.StretchesOf(raw);
    CHECK(stretches.size() == 3);
    for (const NormalizedText::Stretch& stretch : stretches) {
      CHECK(stretch.length >= plain.size());
      CHECK(ToLower(std::string_view(raw).substr(stretch.raw, stretch.length)) ==
            text.text().substr(stretch.at, stretch.length));
    }
  }
}

TEST_CASE("Offsets lead back to the raw text", "[guardian]") {
  const std::string raw = "ab%3Cscript";
  NormalizedText text;
  text.Assign(raw);
  REQUIRE(text.text() == "ab<script");
  CHECK(text.RawOffset(0) == 0);
  CHECK(text.RawOffset(2) == 2);
  CHECK(text.RawOffset(3) == 5);
  CHECK(raw.substr(text.RawOffset(3), 6) == "script");
}

TEST_CASE("Offsets lead back over what an earlier round decoded or folding changed", "[guardian]") {
  const auto offset_of = [](std::string_view raw, std::string_view part) {
    NormalizedText text;
    text.Assign(raw);
    return text.RawOffset(text.text().find(part));
  };
  const std::string_view nested = "%2541 x%41y and &#65;z";
  CHECK(offset_of(nested, "xay") == nested.find("x"));
  CHECK(offset_of(nested, "y and") == nested.find("y and"));
  CHECK(offset_of(nested, "z") == nested.find("z"));
  const std::string_view folded = "\u2018a\u2019 %41 b\u2019 %41%41 c";
  CHECK(offset_of(folded, " b") == folded.find(" b"));
  CHECK(offset_of(folded, " c") == folded.find(" c"));
  // A character that goes away at the very beginning.
  const std::string_view dropped = "\u200b%2541%41 d";
  CHECK(offset_of(dropped, " d") == dropped.find(" d"));
}

TEST_CASE("An island leads back to its digits, whatever was folded before it", "[guardian]") {
  const std::string raw = "\u200b\u200b\u200b PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==";
  NormalizedText text;
  text.Assign(raw);
  const size_t island = text.text().find("<script>");
  REQUIRE(island != std::string::npos);
  CHECK(text.RawOffset(island) == raw.find("PHN"));
}

TEST_CASE("Bytes that are no UTF-8 end well", "[guardian]") {
  for (const std::string raw : {"\xff\xfe", "\xc3", "a\xe2\x82", "%c3%", "%", "&", "&#", "\\u12",
                                "&#xffffffff;", "%f0%9f"}) {
    CHECK(Normalized(raw).size() <= 3 * raw.size() + 3);
  }
}

}  // namespace
}  // namespace datamigrate::guardian
