// What people see: colour, aligned tables and a progress bar on a terminal; plain lines in a pipe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::cli {

enum class Style { kPlain, kBold, kDim, kGreen, kYellow, kRed, kCyan };

// Whether `descriptor` is a terminal that wants colour (NO_COLOR and TERM=dumb say no).
bool IsColourTerminal(int descriptor);

// `text` without characters that a terminal would obey: controls become U+FFFD. For names and messages that come from a
// source or a server.
std::string Printable(std::string_view text);

// One output stream of the process. Not thread-safe.
class Terminal {
 public:
  explicit Terminal(int descriptor);

  bool is_terminal() const { return is_terminal_; }
  // The text in `style`, or as it is where there is no colour.
  std::string Paint(Style style, std::string_view text) const;
  void Line(std::string_view text);

  // Draws the bar over the last one on a terminal; in a pipe writes a line whenever `step` or the message changes.
  // `fraction` is 0 to 1.
  void Progress(double fraction, std::string_view step, std::string_view message);
  // Ends the bar's line.
  void EndProgress();

 private:
  void Write(std::string_view text);
  int Width() const;

  int descriptor_;
  bool is_terminal_;
  bool has_colour_;
  bool bar_is_open_ = false;
  std::string last_plain_;
};

// Columns padded to their widest cell; cells that look like numbers are right-aligned. Widths count characters, not bytes.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : header_(std::move(header)) {}
  void Add(std::vector<std::string> row);
  bool empty() const { return rows_.empty(); }
  // Lines with the header in bold.
  std::string Render(const Terminal& terminal) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace datamigrate::cli
