#include "gateway/identity/password_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>

#include "common/crypto/digest.h"
#include "common/pg/statement.h"

// The list: sorted, 5 bytes each, the first of the SHA-256 of a lower-case password. Made by
// deploy/dev/common_passwords.
asm(".section .rodata\n"
    ".global datamigrate_common_passwords_begin\n"
    ".global datamigrate_common_passwords_end\n"
    "datamigrate_common_passwords_begin:\n"
    ".incbin \"" DATAMIGRATE_COMMON_PASSWORDS
    "\"\n"
    "datamigrate_common_passwords_end:\n"
    ".previous\n");
extern "C" const char datamigrate_common_passwords_begin[];
extern "C" const char datamigrate_common_passwords_end[];

namespace datamigrate::gateway {
namespace {

constexpr size_t kShortestPassword = 10;
constexpr size_t kPrefixBytes = 5;
constexpr size_t kFewestUnknownCharacters = 8;  // beside a known word

struct Prefix {
  char bytes[kPrefixBytes];
  friend bool operator<(const Prefix& a, const Prefix& b) {
    return std::memcmp(a.bytes, b.bytes, kPrefixBytes) < 0;
  }
};

std::span<const Prefix> CommonPasswords() {
  const auto* begin = reinterpret_cast<const Prefix*>(datamigrate_common_passwords_begin);
  const auto* end = reinterpret_cast<const Prefix*>(datamigrate_common_passwords_end);
  return {begin, end};
}

// Characters, not bytes: UTF-8 continuation bytes do not count.
size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// "p4$$w0rd" as "password".
std::string WithoutSubstitutes(std::string_view text) {
  constexpr std::string_view kSubstitutes = "013457@$!|";
  constexpr std::string_view kLetters = "oieastasil";
  std::string plain(text);
  for (char& c : plain) {
    const size_t found = kSubstitutes.find(c);
    if (found != std::string_view::npos) c = kLetters[found];
  }
  return plain;
}

// The part between the first and the last letter: "123password!!" as "password".
std::string_view WordWithin(std::string_view text) {
  const auto first = std::ranges::find_if(text, IsLetter);
  if (first == text.end()) return {};
  const auto last = std::find_if(text.rbegin(), text.rend(), IsLetter).base();
  return {first, last};
}

// True when `word` is a known one and what stands around it in `text` is too little to count.
bool IsKnownWithLittleAround(std::string_view text, std::string_view word) {
  return CountCharacters(text) < CountCharacters(word) + kFewestUnknownCharacters &&
         IsCommonPassword(word);
}

// "abcabcabcabc": shorter than half of it, repeated. Gives the repeated part, else everything.
std::string_view Unrepeated(std::string_view text) {
  for (size_t length = 1; length <= text.size() / 2; ++length) {
    if (text.size() % length == 0 && text.substr(length) == text.substr(0, text.size() - length)) {
      return text.substr(0, length);
    }
  }
  return text;
}

// True when at most two places break runs of equal or neighbouring characters: "12345678910".
bool IsRun(std::string_view text) {
  size_t breaks = 0;
  for (size_t i = 1; i < text.size(); ++i) {
    const int step = text[i] - text[i - 1];
    if (step < -1 || step > 1) ++breaks;
  }
  return breaks <= 2;
}

bool IsGuessable(std::string_view password) {
  const std::string lower = LowerCase(password);
  const std::string plain = WithoutSubstitutes(lower);
  for (const std::string& form : {lower, plain}) {
    const std::string_view once = Unrepeated(form);
    if (IsCommonPassword(form) || IsRun(form)) return true;
    if (once.size() < form.size() && (once.size() <= 4 || IsCommonPassword(once))) return true;
    if (IsKnownWithLittleAround(form, WordWithin(form))) return true;
  }
  // "passw0rd123!" keeps its end out of the substitution.
  const std::string word = WithoutSubstitutes(WordWithin(lower));
  return IsKnownWithLittleAround(lower, word);
}

// True when the password is `part` and too little else.
bool IsMostly(std::string_view password, std::string_view part) {
  if (part.size() < 4) return false;
  const std::string lower = LowerCase(password);
  return lower.find(part) != std::string::npos &&
         CountCharacters(lower) < CountCharacters(part) + kFewestUnknownCharacters;
}

}  // namespace

bool IsCommonPassword(std::string_view word) {
  if (word.empty()) return false;
  const std::string hash = crypto::Sha256(word);
  Prefix prefix;
  std::memcpy(prefix.bytes, hash.data(), kPrefixBytes);
  const std::span<const Prefix> list = CommonPasswords();
  return std::binary_search(list.begin(), list.end(), prefix);
}

absl::Status CheckPassword(std::string_view password, std::string_view email) {
  if (password.size() > kLongestPassword) {
    return absl::InvalidArgumentError("\"password\" must have at most 256 bytes");
  }
  if (CountCharacters(password) < kShortestPassword) {
    return absl::InvalidArgumentError("\"password\" must have at least 10 characters");
  }
  if (pg::ToStorableText(password) != password) {
    return absl::InvalidArgumentError("\"password\" must be UTF-8 text");
  }
  if (IsMostly(password, email) || IsMostly(password, email.substr(0, email.find('@')))) {
    return absl::InvalidArgumentError(
        "\"password\" must not be the e-mail address or its name with little added");
  }
  if (IsGuessable(password)) {
    return absl::InvalidArgumentError(
        "\"password\" is one that attackers try first; take several words that do not belong "
        "together");
  }
  return absl::OkStatus();
}

}  // namespace datamigrate::gateway
