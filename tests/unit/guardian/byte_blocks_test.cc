#include "common/guardian/text/byte_blocks.h"

#include <catch2/catch.hpp>
#include <string>

namespace datamigrate::guardian {
namespace {

TEST_CASE("A byte is found wherever it stands, in texts of any length", "[guardian]") {
  const auto is_wanted = [](ByteVector c) -> ByteMask { return c == '!'; };
  for (size_t size = 0; size < 150; ++size) {
    std::string text(size, '.');
    CHECK(FindFirst(text, 0, is_wanted) == size);
    for (size_t at = 0; at < size; ++at) {
      text[at] = '!';
      const bool is_found =
          FindFirst(text, 0, is_wanted) == at && FindFirst(text, at, is_wanted) == at;
      if (!is_found || FindFirst(text, at + 1, is_wanted) != size) FAIL(size << " " << at);
      text[at] = '.';
    }
  }
}

TEST_CASE("A place is found with the bytes behind it, never past the text", "[guardian]") {
  const auto is_pair = [](const char* at) -> ByteMask {
    return (LoadBlock(at) == '<') & (LoadBlock(at + 3) == '>');
  };
  for (size_t size = 0; size < 150; ++size) {
    std::string text(size, '.');
    CHECK(FindPlace<3>(text, 0, is_pair) == size);
    for (size_t at = 0; at + 3 < size; ++at) {
      text[at] = '<';
      text[at + 3] = '>';
      if (FindPlace<3>(text, 0, is_pair) != at) FAIL(size << " " << at);
      text[at] = text[at + 3] = '.';
    }
    // The first half of a pair at the very end.
    if (size > 0) text.back() = '<';
    CHECK(FindPlace<3>(text, 0, is_pair) == size);
  }
}

TEST_CASE("Bytes are replaced in texts of any length, and no others", "[guardian]") {
  for (size_t size = 0; size < 70; ++size) {
    std::string text, wanted;
    for (size_t i = 0; i < size; ++i) {
      text += i % 3 == 0 ? '+' : static_cast<char>('a' + i % 26);
      wanted += i % 3 == 0 ? ' ' : text.back();
    }
    ReplaceBytes('+', ' ', text);
    CHECK(text == wanted);
  }
}

TEST_CASE("Texts are compared in lower case up to their first difference", "[guardian]") {
  for (size_t size = 0; size < 150; ++size) {
    const std::string text(size, 'A');
    std::string lower(size, 'a');
    CHECK(EqualInLowerCase(text.data(), lower.data(), size) == size);
    for (size_t at = 0; at < size; ++at) {
      lower[at] = 'b';
      if (EqualInLowerCase(text.data(), lower.data(), size) != at) FAIL(size << " " << at);
      lower[at] = 'a';
    }
  }
}

}  // namespace
}  // namespace datamigrate::guardian
