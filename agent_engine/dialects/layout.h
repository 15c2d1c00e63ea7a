// Lays out SQL text: structural line breaks are marks until the end, so that line breaks inside
// string literals stay as they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::dialects {

// Stands for a structural line break. Literals never hold it (see EmitString).
inline constexpr char kBreak = '\x1e';

// In the text of a function that returns a table: \002 and a digit stand for the name of that
// column, from 0.
inline constexpr char kColumnMark = '\002';

// Joins with `separator`.
std::string Join(const std::vector<std::string>& parts, std::string_view separator);
// Moves every line but the first to the right by `columns` blanks.
std::string Indent(std::string text, int columns);
// "(" + text on lines of its own + ")".
std::string Block(std::string_view text);
bool IsMultiLine(std::string_view text);
// Turns the marks into line breaks.
std::string Finish(std::string_view text);
// Every `what` in `text` replaced.
std::string Replaced(std::string_view text, std::string_view what, std::string_view by);
std::string Lower(std::string_view text);

}  // namespace datamigrate::dialects
