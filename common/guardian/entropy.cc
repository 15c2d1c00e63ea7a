#include "common/guardian/entropy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/guardian/ascii.h"

namespace datamigrate::guardian {
namespace {

// Looked for anywhere in the lower-cased text.
constexpr std::array<std::string_view, 34> kPlaceholderParts = {
    "xxxx",
    "****",
    "....",
    "####",
    "----",
    "0000000",
    "1234567890123456",
    "abcdefghijk",
    "example",
    "changeme",
    "change_me",
    "change-me",
    "placeholder",
    "your_",
    "your-",
    "yourpass",
    "your ",
    "yourkey",
    "yourtoken",
    "insert",
    "dummy",
    "redacted",
    "not_real",
    "${",
    "{{",
    "$(",
    "%(",
    "<%",
    "process.env",
    "os.environ",
    "getenv",
    "env.",
    "secrets.",
    "keyvault(",
};

// The whole lower-cased text.
constexpr std::array<std::string_view, 22> kPlaceholderWords = {
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "secret",
    "token",
    "apikey",
    "user",
    "username",
    "null",
    "none",
    "nil",
    "undefined",
    "string",
    "true",
    "false",
    "...",
    "mypassword",
    "yourpassword",
    "strong_password",
    "strongpassword",
};

// "<password>", "{token}", "[KEY]", "%KEY%", "@key@": unless what stands inside is random itself.
bool IsEnclosed(std::string_view text) {
  if (text.size() < 2) return false;
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (CharacterClasses(inside) >= 3 && HasDigit(inside) && ShannonEntropy(inside) >= 3) {
    return false;
  }
  const char first = text.front();
  const char last = text.back();
  return (first == '<' && last == '>') || (first == '{' && last == '}') ||
         (first == '[' && last == ']') || (first == '%' && last == '%') ||
         (first == '@' && last == '@');
}

// "$TOKEN", "%s", "%1$s", "@password" (a variable of T-SQL).
bool IsReference(std::string_view text) {
  if (text.size() < 2) return false;
  if (text[0] == '$' || text[0] == '@') {
    return IsLetter(text[1]) && std::all_of(text.begin() + 1, text.end(),
                                            [](char c) { return IsLetterOrDigit(c) || c == '_'; });
  }
  return text[0] == '%' && text.size() <= 4;
}

}  // namespace

double ShannonEntropy(std::string_view text) {
  if (text.empty()) return 0;
  std::array<uint32_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  const auto size = static_cast<double>(text.size());
  double entropy = 0;
  for (const uint32_t count : counts) {
    if (count == 0) continue;
    const double share = count / size;
    entropy -= share * std::log2(share);
  }
  return entropy;
}

int CharacterClasses(std::string_view text) {
  bool lower = false, upper = false, digit = false, other = false;
  for (const char c : text) {
    if (IsLower(c)) {
      lower = true;
    } else if (IsUpper(c)) {
      upper = true;
    } else if (IsDigit(c)) {
      digit = true;
    } else {
      other = true;
    }
  }
  return lower + upper + digit + other;
}

bool HasDigit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), IsDigit);
}

bool HasLetter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), IsLetter);
}

bool IsPlaceholder(std::string_view text) {
  if (text.empty() || IsEnclosed(text) || IsReference(text)) return true;
  const std::string lower = ToLower(text);
  for (const std::string_view word : kPlaceholderWords) {
    if (lower == word) return true;
  }
  for (const std::string_view part : kPlaceholderParts) {
    if (lower.find(part) != std::string::npos) return true;
  }
  return false;
}

bool IsWords(std::string_view text) {
  size_t letters = 0, vowels = 0, upper_starts = 0, digits = 0;
  bool after_lower = false;
  for (const char c : text) {
    if (IsDigit(c)) ++digits;
    if (!IsLetter(c)) {
      after_lower = false;
      continue;
    }
    ++letters;
    if (after_lower && IsUpper(c)) ++upper_starts;
    after_lower = IsLower(c);
    if (std::string_view("aeiouy").find(ToLower(c)) != std::string_view::npos) {
      ++vowels;
    }
  }
  // More than three letters of ten are vowels in words, and camel case has a capital every five or
  // more; of random letters fewer than a quarter are vowels and every second pair changes case.
  return digits * 12 <= text.size() && letters >= 4 && vowels * 10 >= letters * 3 &&
         upper_starts * 5 <= letters;
}

}  // namespace datamigrate::guardian
