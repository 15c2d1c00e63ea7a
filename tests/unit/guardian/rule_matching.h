// Applies tables of rules as the scanner does, slowly: for the tests of the tables alone.
#ifndef DATAMIGRATE_TESTS_UNIT_GUARDIAN_RULE_MATCHING_H_
#define DATAMIGRATE_TESTS_UNIT_GUARDIAN_RULE_MATCHING_H_

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "common/guardian/rule.h"

namespace datamigrate::guardian {

// The ids of the rules of `rules` that match somewhere in `text`; rows without anchors never do.
std::set<std::string> MatchingRules(std::span<const Rule> rules, std::string_view text);

// What the first match of the rule `id` covers; "" if it does not match.
std::string MatchOf(std::span<const Rule> rules, std::string_view id, std::string_view text);

// `length` characters of `alphabet`, the same for the same seed. Tokens are put together from it at
// run time, so that no file of the repository holds what a scanner would take for a leak.
std::string RandomText(size_t length, std::string_view alphabet, uint64_t seed = 1);

inline constexpr std::string_view kHex = "0123456789abcdef";
inline constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
inline constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
inline constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_TESTS_UNIT_GUARDIAN_RULE_MATCHING_H_
