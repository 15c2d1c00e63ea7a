#include <catch2/catch.hpp>
#include <string>

#include "gateway/http/message.h"

namespace datamigrate::gateway {
namespace {

bool IsControl(int byte) {
  return byte < 0x20 || byte == 0x7f;
}

TEST_CASE("No control character of a value reaches a field, wherever it stands",
          "[gateway][http]") {
  for (size_t length = 1; length <= 20; ++length) {
    for (size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        // Both neighbours of the limits stand beside it.
        std::string value = std::string("\x80 ~\xff", 4) + std::string(length, 'v');
        value[4 + at] = static_cast<char>(byte);
        Headers headers;
        headers.Add("X-Field", value);
        std::string expected = value;
        if (IsControl(byte)) expected[4 + at] = ' ';
        if (headers.Get("x-field") != expected) {
          FAIL("byte " << byte << " at " << at << " of " << length);
        }
      }
    }
  }
}

TEST_CASE("A value cannot begin another field or answer", "[gateway][http]") {
  Headers headers;
  headers.Set("Location", "/a\r\nSet-Cookie: x=1\r\n\r\n<html>");
  CHECK(headers.Get("Location") == "/a  Set-Cookie: x=1    <html>");
  CHECK(headers.fields().size() == 1);
}

}  // namespace
}  // namespace datamigrate::gateway
