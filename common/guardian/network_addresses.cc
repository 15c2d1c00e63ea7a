#include "common/guardian/network_addresses.h"

#include <algorithm>

#include "common/guardian/ascii.h"

namespace datamigrate::guardian {
namespace {

// Sixteen bits in hexadecimal each, ":" between: how many, or -1. "" is 0 groups.
int Groups(std::string_view text) {
  if (text.empty()) return 0;
  int groups = 0;
  while (true) {
    const size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), IsHexDigit)) {
      // An IPv4 address may end it, for two groups.
      return colon == std::string_view::npos && IsIpv4Address(group) ? groups + 2 : -1;
    }
    ++groups;
    if (colon == std::string_view::npos) return groups;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

bool IsIpv4Address(std::string_view text) {
  if (text.size() < 7 || text.size() > 15) return false;
  int parts = 0;
  while (true) {
    const size_t point = text.find('.');
    const std::string_view part = text.substr(0, point);
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part[0] == '0')) return false;
    int value = 0;
    for (const char digit : part) {
      if (!IsDigit(digit)) return false;
      value = value * 10 + (digit - '0');
    }
    if (value > 255) return false;
    ++parts;
    if (point == std::string_view::npos) return parts == 4;
    text.remove_prefix(point + 1);
  }
}

bool IsIpv6Address(std::string_view text) {
  if (text.size() > 45) return false;
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) return Groups(text) == 8;
  const std::string_view back = text.substr(gap + 2);
  if (back.find("::") != std::string_view::npos || back.starts_with(":")) return false;
  const int front_groups = Groups(text.substr(0, gap));
  const int back_groups = Groups(back);
  return front_groups >= 0 && back_groups >= 0 && front_groups + back_groups <= 7 &&
         text.substr(0, gap).find('.') == std::string_view::npos;
}

bool IsMacAddress(std::string_view text) {
  const bool is_cisco = text.size() == 14;
  if (!is_cisco && text.size() != 17) return false;
  const size_t group = is_cisco ? 4 : 2;
  const char separator = text[group];
  if (is_cisco ? separator != '.' : separator != ':' && separator != '-') return false;
  bool all_zero = true, all_ones = true;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i % (group + 1) == group) {
      if (text[i] != separator) return false;
      continue;
    }
    if (!IsHexDigit(text[i])) return false;
    all_zero = all_zero && text[i] == '0';
    all_ones = all_ones && ToLower(text[i]) == 'f';
  }
  return !all_zero && !all_ones;
}

}  // namespace datamigrate::guardian
