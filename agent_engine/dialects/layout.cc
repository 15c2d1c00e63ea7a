#include "agent_engine/dialects/layout.h"

#include <algorithm>
#include <cctype>

namespace datamigrate::dialects {

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  size_t size = 0;
  for (const std::string& part : parts) size += part.size() + separator.size();
  std::string joined;
  joined.reserve(size);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += separator;
    joined += parts[i];
  }
  return joined;
}

std::string Replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result(text);
  for (size_t at = result.find(what); at != std::string::npos;
       at = result.find(what, at + by.size())) {
    result.replace(at, what.size(), by);
  }
  return result;
}

namespace {

void AppendIndented(std::string_view text, int columns, std::string& out) {
  while (true) {
    const size_t line = text.find(kBreak);
    out += text.substr(0, line);
    if (line == std::string_view::npos) return;
    out += kBreak;
    out.append(columns, ' ');
    text.remove_prefix(line + 1);
  }
}

}  // namespace

std::string Indent(std::string text, int columns) {
  if (!IsMultiLine(text)) return text;
  std::string indented;
  indented.reserve(text.size() + 64);
  AppendIndented(text, columns, indented);
  return indented;
}

std::string Block(std::string_view text) {
  std::string block;
  block.reserve(text.size() + 64);
  block += '(';
  block += kBreak;
  block += "    ";
  AppendIndented(text, 4, block);
  block += kBreak;
  block += ')';
  return block;
}

bool IsMultiLine(std::string_view text) {
  return text.find(kBreak) != std::string_view::npos;
}

std::string Finish(std::string_view text) {
  std::string finished;
  finished.reserve(text.size());
  while (true) {
    const size_t line = text.find(kBreak);
    finished += text.substr(0, line);
    if (line == std::string_view::npos) return finished;
    // Indentation of a line that stayed empty.
    while (finished.ends_with(' ')) finished.pop_back();
    finished += '\n';
    text.remove_prefix(line + 1);
  }
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

}  // namespace datamigrate::dialects
