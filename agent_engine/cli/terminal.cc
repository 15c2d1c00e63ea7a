#include "agent_engine/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "fmt/format.h"

namespace datamigrate::cli {
namespace {

constexpr int kNarrowest = 40;
constexpr int kBarCells = 28;

std::string_view Code(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kYellow:
      return "\x1b[33m";
    case Style::kRed:
      return "\x1b[31m";
    case Style::kCyan:
      return "\x1b[36m";
  }
  return "";
}

// Characters of UTF-8 text.
size_t Characters(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
}

std::string Truncate(std::string_view text, size_t characters) {
  std::string out;
  for (char c : text) {
    if ((c & 0xC0) != 0x80 && characters-- == 0) break;
    out += c;
  }
  return out;
}

bool LooksNumeric(std::string_view cell) {
  return !cell.empty() && std::ranges::all_of(cell, [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == ',' || c == '-' || c == '%';
  });
}

std::string Pad(std::string_view cell, size_t width, bool right) {
  const std::string blanks(width - std::min(width, Characters(cell)), ' ');
  return right ? blanks + std::string(cell) : std::string(cell) + blanks;
}

std::string Bar(double fraction) {
  const int full = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * kBarCells));
  std::string bar;
  for (int i = 0; i < kBarCells; ++i) bar += i < full ? "█" : "░";
  return bar;
}

}  // namespace

bool IsColourTerminal(int descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(descriptor) && (no_colour == nullptr || *no_colour == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

std::string Printable(std::string_view text) {
  constexpr unsigned char kBlank = 0x20;
  constexpr unsigned char kDelete = 0x7F;
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < kBlank || byte == kDelete) {
      out += "\xEF\xBF\xBD";
    } else {
      out += c;
    }
  }
  return out;
}

Terminal::Terminal(int descriptor)
    : descriptor_(descriptor),
      is_terminal_(isatty(descriptor) != 0),
      has_colour_(IsColourTerminal(descriptor)) {}

void Terminal::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor_, text.data(), text.size());
    if (written <= 0) return;  // A closed pipe: nobody reads.
    text.remove_prefix(static_cast<size_t>(written));
  }
}

int Terminal::Width() const {
  winsize size{};
  const bool known = ioctl(descriptor_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return std::max(kNarrowest, known ? static_cast<int>(size.ws_col) : 80);
}

std::string Terminal::Paint(Style style, std::string_view text) const {
  if (!has_colour_ || style == Style::kPlain) return std::string(text);
  return fmt::format("{}{}\x1b[0m", Code(style), text);
}

void Terminal::Line(std::string_view text) {
  Write(std::string(text) + "\n");
}

void Terminal::Progress(double fraction, std::string_view raw_step, std::string_view raw_message) {
  const std::string step = Printable(raw_step);
  const std::string message = Printable(raw_message);
  if (!(fraction >= 0)) fraction = 0;  // A NaN too.
  const int percent = static_cast<int>(std::min(fraction, 1.0) * 100);
  if (!is_terminal_) {
    const std::string line =
        fmt::format("[{:3}%] {}{}{}", percent, step, message.empty() ? "" : ": ", message);
    if (line != last_plain_) Line(line);
    last_plain_ = line;
    return;
  }
  const std::string head = fmt::format(" {:3}%  ", percent);
  const size_t room = std::max(0, Width() - kBarCells - static_cast<int>(head.size()) - 2);
  const std::string tail = Truncate(fmt::format("{}  {}", step, message), room);
  Write(fmt::format("\r\x1b[2K{}{}{}", Paint(Style::kCyan, Bar(fraction)), head, tail));
  bar_is_open_ = true;
}

void Terminal::EndProgress() {
  if (bar_is_open_) Write("\n");
  bar_is_open_ = false;
}

void TextTable::Add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = Printable(cell);
  rows_.push_back(std::move(row));
}

std::string TextTable::Render(const Terminal& terminal) const {
  std::vector<size_t> widths(header_.size(), 0);
  std::vector<bool> is_numeric(header_.size(), !rows_.empty());
  for (size_t i = 0; i < header_.size(); ++i) {
    widths[i] = Characters(header_[i]);
    for (const auto& row : rows_) {
      widths[i] = std::max(widths[i], Characters(row[i]));
      is_numeric[i] = is_numeric[i] && (LooksNumeric(row[i]) || row[i].empty());
    }
  }
  const auto render = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const bool is_last = i + 1 == row.size();
      line += is_last && !is_numeric[i] ? row[i] : Pad(row[i], widths[i], is_numeric[i]);
      if (!is_last) line += "  ";
    }
    return line;
  };
  std::string out = terminal.Paint(Style::kBold, render(header_)) + "\n";
  for (const auto& row : rows_) out += render(row) + "\n";
  return out;
}

}  // namespace datamigrate::cli
