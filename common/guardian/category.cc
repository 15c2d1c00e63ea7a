#include <array>

#include "common/guardian/rule.h"

namespace datamigrate::guardian {

std::string_view NameOf(Category category) {
  static constexpr std::array<std::string_view, kCategories> kNames = {
      "sql_injection",    "cross_site_scripting", "file_inclusion", "command_injection",
      "prompt_injection", "exfiltration",         "secret",         "personal_data"};
  return kNames[static_cast<size_t>(category)];
}

}  // namespace datamigrate::guardian
