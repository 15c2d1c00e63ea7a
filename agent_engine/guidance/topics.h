// What findings mean for somebody who does not read SQL: a few topics, each with the codes of
// diagnostics that belong to it.
#pragma once

#include <span>
#include <string_view>

namespace datamigrate::guidance {

struct Topic {
  std::string_view title;    // "Text is compared and sorted in another way"
  std::string_view meaning;  // What it means for those who use the data.
  std::string_view advice;   // What to do about it.
  std::string_view codes;    // Separated by blanks. Each code of diagnostics is in one topic.
};

// Those that weigh most first.
std::span<const Topic> Topics();

// nullptr for a code that no diagnostic has.
const Topic* TopicOf(std::string_view code);

}  // namespace datamigrate::guidance
