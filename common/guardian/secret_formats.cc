#include "common/guardian/secret_formats.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "common/crypto/encoding.h"
#include "common/guardian/ascii.h"
#include "common/guardian/checksums.h"
#include "common/guardian/entropy.h"

namespace datamigrate::guardian {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool IsHexadecimal(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsHexDigit(c) || c == '-'; });
}

std::string_view WithoutQuotes(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    text.remove_prefix(1);
    text.remove_suffix(1);
  }
  return text;
}

// Between two digits a point: no alphabet of keys has one.
bool HasVersion(std::string_view value) {
  for (size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] == '.' && IsDigit(value[i - 1]) && IsDigit(value[i + 1])) return true;
  }
  return false;
}

// "/run/token1", "https://...", "jackson-0.11.2", "--user1": what code and paths are made of.
bool IsReferenceOrPath(std::string_view value) {
  return HasVersion(value) || Contains(value, "://") || Contains(value, "..") ||
         value.starts_with("/") || value.starts_with("./") || value.starts_with("--") ||
         value.ends_with(".com");
}

}  // namespace

bool IsToken(std::string_view token) {
  return !IsPlaceholder(token) && ShannonEntropy(token) >= 3.0;
}

bool IsRandomToken(std::string_view token) {
  return HasDigit(token) && !IsPlaceholder(token) && !IsWords(token) &&
         ShannonEntropy(token) >= (IsHexadecimal(token) ? 2.8 : 3.5);
}

bool IsAwsAccessKeyId(std::string_view id) {
  return !id.ends_with("EXAMPLE") && std::all_of(id.begin() + 4, id.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
  });
}

bool IsGithubToken(std::string_view token) {
  return Base62Crc32Holds(token, 4) || (!IsPlaceholder(token) && ShannonEntropy(token) >= 3.5);
}

bool IsSlackToken(std::string_view token) {
  const std::string_view last = token.substr(token.rfind('-') + 1);
  return HasLetter(last) && !IsPlaceholder(last) && ShannonEntropy(last) >= 2.5;
}

bool IsJsonWebToken(std::string_view token) {
  std::string_view encoded = token.substr(0, token.find('.'));
  while (encoded.ends_with("=")) encoded.remove_suffix(1);
  const std::optional<std::string> header = crypto::Base64UrlDecode(encoded);
  return header && header->starts_with("{") && header->ends_with("}") &&
         (Contains(*header, "\"alg\"") || Contains(*header, "\"typ\"") ||
          Contains(*header, "\"kid\""));
}

bool IsVaultToken(std::string_view token) {
  return CharacterClasses(token.substr(2)) == 3 && IsToken(token);
}

bool IsArtifactoryToken(std::string_view token) {
  if (token.size() > 40) return IsToken(token);
  return !IsWords(token.substr(3));
}

bool IsAssignedSecret(std::string_view value) {
  if (IsReferenceOrPath(value)) return false;
  return IsRandomToken(value);
}

bool IsAssignedPassword(std::string_view value) {
  value = WithoutQuotes(value);
  if (value.size() < 6 || CharacterClasses(value) < 3 || !HasDigit(value)) return false;
  if (IsPlaceholder(value) || IsReferenceOrPath(value)) return false;
  const std::string lower = ToLower(value);
  if (Contains(lower, "passw") || Contains(lower, "pa$$") || Contains(lower, "p@ss")) {
    return false;
  }
  return ShannonEntropy(value) >= 2.5;
}

bool IsPassword(std::string_view password) {
  password = WithoutQuotes(password);
  return password.size() >= 3 && !IsPlaceholder(password);
}

bool IsUserAndPassword(std::string_view credentials) {
  std::string plain(WithoutQuotes(credentials));
  std::erase_if(plain, [](char c) { return c == '"' || c == '\''; });
  const size_t colon = plain.find(':');
  if (colon == std::string::npos) return false;
  const std::string_view user = std::string_view(plain).substr(0, colon);
  std::string_view password = std::string_view(plain).substr(colon + 1);
  if (password.empty()) password = user;  // a key as the user, as many services have it
  return password.size() >= 5 && !IsPlaceholder(password) && ShannonEntropy(password) >= 2.0 &&
         (HasDigit(password) || CharacterClasses(password) >= 3);
}

}  // namespace datamigrate::guardian
