// Which passwords are taken.
#include "gateway/identity/password_policy.h"

#include <catch2/catch.hpp>

#include <string>

namespace datamigrate::gateway {
namespace {

bool IsTaken(const std::string& password, const std::string& email = "bob.miller@example.com") {
  return CheckPassword(password, email).ok();
}

TEST_CASE("Length counts in characters, bytes are bounded", "[gateway][password]") {
  CHECK_FALSE(IsTaken("kxqvwzjyt"));
  CHECK(IsTaken("kxqvwzjytm"));
  CHECK(IsTaken("żółćęśąźńß"));
  CHECK_FALSE(IsTaken("żółćęśąźń"));
  CHECK_FALSE(IsTaken(std::string(257, 'x')));
  CHECK_FALSE(IsTaken("\xff\xfe is no text at all"));
}

TEST_CASE("What attackers try first is refused in all its forms", "[gateway][password]") {
  const std::string password = GENERATE(
      "password123", "Password123!", "P@ssw0rd2024", "passw0rd!!!", "1234567890", "0987654321",
      "qwertyuiop", "QWERTYUIOP", "iloveyou123", "!!letmein!!", "abcabcabcabc", "aaaaaaaaaaaa",
      "passwordpassword", "Summer2024!!", "123password123");
  INFO(password);
  CHECK_FALSE(IsTaken(password));
}

TEST_CASE("The own address is no secret", "[gateway][password]") {
  CHECK_FALSE(IsTaken("bob.miller@example.com"));
  CHECK_FALSE(IsTaken("Bob.Miller99"));
  CHECK(IsTaken("bob.miller eats green gravel"));
}

TEST_CASE("Passwords that nobody tries first are taken", "[gateway][password]") {
  const std::string password =
      GENERATE("correct horse battery staple", "a long password", "tr0ubador&3xyz",
               "gr8-Kvass-over-Turku", "sunflower teapot radio", "Zx9#mKq2!pLw");
  INFO(password);
  CHECK(IsTaken(password));
}

TEST_CASE("The reason quotes nothing of the password", "[gateway][password]") {
  const absl::Status refused = CheckPassword("iloveyou123", "ann@example.com");
  CHECK(refused.message().find("iloveyou") == absl::string_view::npos);
}

}  // namespace
}  // namespace datamigrate::gateway
