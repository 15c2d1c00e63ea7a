#include "agent_engine/dbt/identifiers.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/container/flat_hash_map.h"

namespace datamigrate::dbt {
namespace {

using dialects::Target;

constexpr char32_t kReplacement = 0xFFFD;

// U+00C0 to U+017F without their marks; × and ÷ are "x" and "_".
constexpr auto kLatin = std::to_array<std::string_view>({
    "A", "A", "A",  "A",  "A", "A", "AE", "C", "E", "E", "E", "E", "I", "I", "I",  "I",   // C0
    "D", "N", "O",  "O",  "O", "O", "O",  "x", "O", "U", "U", "U", "U", "Y", "TH", "ss",  // D0
    "a", "a", "a",  "a",  "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i",  "i",   // E0
    "d", "n", "o",  "o",  "o", "o", "o",  "_", "o", "u", "u", "u", "u", "y", "th", "y",   // F0
    "A", "a", "A",  "a",  "A", "a", "C",  "c", "C", "c", "C", "c", "C", "c", "D",  "d",   // 100
    "D", "d", "E",  "e",  "E", "e", "E",  "e", "E", "e", "E", "e", "G", "g", "G",  "g",   // 110
    "G", "g", "G",  "g",  "H", "h", "H",  "h", "I", "i", "I", "i", "I", "i", "I",  "i",   // 120
    "I", "i", "IJ", "ij", "J", "j", "K",  "k", "k", "L", "l", "L", "l", "L", "l",  "L",   // 130
    "l", "L", "l",  "N",  "n", "N", "n",  "N", "n", "n", "N", "n", "O", "o", "O",  "o",   // 140
    "O", "o", "OE", "oe", "R", "r", "R",  "r", "R", "r", "S", "s", "S", "s", "S",  "s",   // 150
    "S", "s", "T",  "t",  "T", "t", "T",  "t", "U", "u", "U", "u", "U", "u", "U",  "u",   // 160
    "U", "u", "U",  "u",  "W", "w", "Y",  "y", "Y", "Z", "z", "Z", "z", "Z", "z",  "s",   // 170
});
static_assert(kLatin.size() == 0x180 - 0xC0);

bool IsContinuation(char byte) {
  return (static_cast<uint8_t>(byte) & 0xC0) == 0x80;
}

// Reads one code point at `position` and moves past it; a wrong byte counts as U+FFFD.
char32_t NextCodePoint(std::string_view text, size_t& position) {
  const auto first = static_cast<uint8_t>(text[position++]);
  if (first < 0x80) return first;
  const int length = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (length == 0) return kReplacement;
  char32_t value = first & (0x3F >> length);
  for (int i = 0; i < length; ++i) {
    if (position == text.size() || !IsContinuation(text[position])) return kReplacement;
    value = value << 6 | (static_cast<uint8_t>(text[position++]) & 0x3F);
  }
  return value;
}

std::string Hex(uint64_t value, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(digits, '0');
  for (int i = digits - 1; i >= 0; --i, value >>= 4) text[i] = kDigits[value & 15];
  return text;
}

// The name in ASCII letters, digits and '_', its case kept for the word boundaries.
std::string ToAscii(std::string_view name) {
  std::string ascii;
  for (size_t position = 0; position < name.size();) {
    const char32_t c = NextCodePoint(name, position);
    if (c < 0x80) {
      const char byte = static_cast<char>(c);
      const bool is_word = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9');
      ascii += is_word ? byte : '_';
    } else if (c >= 0xC0 && c < 0x180) {
      ascii += kLatin[c - 0xC0];
    } else {
      ascii += "u" + Hex(c, c > 0xFFFF ? 5 : 4);
    }
  }
  return ascii;
}

bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// A word begins at an upper-case letter after a lower-case one or a digit, and at the last
// upper-case letter of a run before a lower-case one: "CustomerID", "XMLReader".
bool BeginsWord(std::string_view text, size_t i) {
  if (i == 0 || !IsUpper(text[i])) return false;
  if (IsLower(text[i - 1]) || IsDigit(text[i - 1])) return true;
  return IsUpper(text[i - 1]) && i + 1 < text.size() && IsLower(text[i + 1]);
}

std::string AsciiLower(std::string text) {
  for (char& c : text) {
    if (IsUpper(c)) c += 'a' - 'A';
  }
  return text;
}

// Names that no project may have: what dbt calls its own packages and, in Jinja, its own variables
// (dbt_project.yml, "name"; dbt-core's BANNED_PROJECT_NAMES). Sorted.
constexpr auto kReserved = std::to_array<std::string_view>({"adapter",
                                                            "api",
                                                            "column",
                                                            "config",
                                                            "context",
                                                            "database",
                                                            "dbt",
                                                            "env",
                                                            "env_var",
                                                            "exceptions",
                                                            "execute",
                                                            "flags",
                                                            "fromjson",
                                                            "fromyaml",
                                                            "graph",
                                                            "invocation_id",
                                                            "load_agate_table",
                                                            "load_result",
                                                            "log",
                                                            "model",
                                                            "modules",
                                                            "post_hooks",
                                                            "pre_hooks",
                                                            "ref",
                                                            "render",
                                                            "return",
                                                            "run_started_at",
                                                            "schema",
                                                            "source",
                                                            "sql",
                                                            "sql_now",
                                                            "store_raw_result",
                                                            "store_result",
                                                            "target",
                                                            "this",
                                                            "tojson",
                                                            "toyaml",
                                                            "try_or_compiler_error",
                                                            "var",
                                                            "write"});

// What dbt can write between the target's quotes.
bool IsWritable(char c, Target target) {
  if (target == Target::kBigQuery || target == Target::kDatabricks) {
    return IsLower(c) || IsUpper(c) || IsDigit(c) || c == '_';
  }
  const auto byte = static_cast<uint8_t>(c);
  return byte >= 0x20 && byte != 0x7F && c != '"' && c != '`' && c != '[' && c != ']' && c != '.' &&
         c != '{' && c != '}' && c != '%' && c != '\\';
}

}  // namespace

std::string SnakeCase(std::string_view name) {
  const std::string ascii = ToAscii(name);
  std::string snake;
  for (size_t i = 0; i < ascii.size(); ++i) {
    const bool separates = ascii[i] == '_' || BeginsWord(ascii, i);
    if (separates && !snake.empty() && snake.back() != '_') snake += '_';
    if (ascii[i] != '_') snake += ascii[i];
  }
  snake = AsciiLower(std::move(snake));
  while (!snake.empty() && snake.back() == '_') snake.pop_back();
  if (snake.empty()) return "unnamed_" + NameHash(name);
  if (IsDigit(snake.front())) snake.insert(snake.begin(), '_');
  return snake;
}

std::string ProjectName(std::string_view database) {
  const std::string name = SnakeCase(database.empty() ? "migrated" : database);
  const bool is_reserved = name.starts_with("dbt_") || std::ranges::binary_search(kReserved, name);
  return ShortenName(is_reserved ? "migrated_" + name : name, kMaxNameBytes);
}

std::string NameHash(std::string_view text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 1099511628211ULL;
  }
  return Hex((hash >> 32) ^ (hash & 0xFFFFFFFF), 8);
}

std::string ShortenName(std::string_view name, size_t max_bytes) {
  if (name.size() <= max_bytes) return std::string(name);
  size_t keep = max_bytes - 9;
  while (keep > 0 && IsContinuation(name[keep])) --keep;
  return std::string(name.substr(0, keep)) + "_" + NameHash(name);
}

std::vector<std::string> MakeUnique(const std::vector<std::string>& wishes,
                                    const std::vector<std::string>& identities) {
  absl::flat_hash_map<std::string, int> wanted;
  for (const std::string& wish : wishes) ++wanted[AsciiLower(wish)];
  std::vector<std::string> names;
  names.reserve(wishes.size());
  for (size_t i = 0; i < wishes.size(); ++i) {
    if (wanted[AsciiLower(wishes[i])] == 1) {
      names.push_back(wishes[i]);
    } else {
      names.push_back(ShortenName(wishes[i], kMaxNameBytes - 9) + "_" + NameHash(identities[i]));
    }
  }
  return names;
}

std::string RelationName(std::string_view name, Target target) {
  bool is_writable = !name.empty() && name.front() != ' ' && name.back() != ' ';
  for (const char c : name) is_writable = is_writable && IsWritable(c, target);
  const std::string kept = is_writable ? std::string(name) : SnakeCase(name);
  return ShortenName(kept, kMaxNameBytes);
}

}  // namespace datamigrate::dbt
