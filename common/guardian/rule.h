// What the Guardian looks for: one row a rule.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_RULE_H_
#define DATAMIGRATE_COMMON_GUARDIAN_RULE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace datamigrate::guardian {

enum class Category : uint8_t {
  kSqlInjection,
  kCrossSiteScripting,
  kFileInclusion,
  kCommandInjection,
  kPromptInjection,
  kExfiltration,  // an output that would carry text to somebody else's server
  kSecret,
  kPersonalData,
};
inline constexpr size_t kCategories = 8;

// "sql_injection", as it stands before the dot of a rule's id.
std::string_view NameOf(Category category);

// True for a match of a rule's pattern that is what the rule is for: a checksum, an entropy.
using Validator = bool (*)(std::string_view match);

// A quick look at the anchor that stands at `begin` to `end` of the text, so that the pattern is
// tried only where it can match; false: it cannot (guards.h), but around another anchor.
using Guard = bool (*)(std::string_view text, size_t begin, size_t end);

struct Rule {
  std::string_view id;  // "secret.github_token": public, never reused
  // Literals, compared without regard to ASCII's case, with "|" between ("\037" stands for a "|" in
  // a literal); every match holds at least one of them. They are found for all rules at once, so
  // they decide what a rule costs: take what is rare in ordinary text. An attack's rule without
  // anchors and with a pattern is tried on short texts, as a whole.
  std::string_view anchors;
  // How far a match may begin before its anchor's first byte and end after its last one.
  uint16_t before;
  uint16_t after;
  // RE2, searched in that window; the match is group 1 where there is one. "": the anchor will do.
  std::string_view pattern;
  Validator validator = nullptr;  // null: every match counts
  std::string_view title;         // "A GitHub token", for people
  std::string_view reference;     // where the format or the attack is described
  float score = 1;                // of an attack: 1 is enough by itself
  Guard guard = nullptr;          // null: the pattern is tried at every anchor
};

struct Finding {
  const Rule* rule;
  size_t offset;  // in bytes, of the text that was given
  size_t length;
};

// Tables; each in a file of its own under rules/. Attacks are looked for in the normalised text,
// secrets, personal data and exfiltration in the text as it is.
std::span<const Rule> SqlInjectionRules();
std::span<const Rule> CrossSiteScriptingRules();
std::span<const Rule> FileInclusionRules();
std::span<const Rule> CommandInjectionRules();
std::span<const Rule> PromptInjectionRules();
std::span<const Rule> PromptInjectionRulesInOtherLanguages();
std::span<const Rule> ExfiltrationRules();
std::span<const Rule> SecretRules();
std::span<const Rule> PersonalDataRules();

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_RULE_H_
