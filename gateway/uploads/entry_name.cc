#include "gateway/uploads/entry_name.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kLongestName = 400;
constexpr size_t kLongestPart = 120;
constexpr int kDeepest = 24;

constexpr auto kDevices =
    std::to_array<std::string_view>({"AUX", "CLOCK$", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"});

// Microsoft, "Naming Files, Paths, and Namespaces": with any extension, too.
bool IsDevice(std::string_view part) {
  std::string stem(part.substr(0, part.find('.')));
  while (stem.ends_with(' ')) stem.pop_back();
  absl::AsciiStrToUpper(&stem);
  if (std::ranges::find(kDevices, std::string_view(stem)) != kDevices.end()) return true;
  return stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) &&
         stem[3] >= '0' && stem[3] <= '9';
}

bool IsForbidden(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\' || c == ':';
}

bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t more = first < 0x80                    ? 0
                        : first >= 0xc2 && first < 0xe0 ? 1
                        : first >= 0xe0 && first < 0xf0 ? 2
                        : first >= 0xf0 && first < 0xf5 ? 3
                                                        : text.size();
    if (i + more >= text.size()) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    const auto second = static_cast<unsigned char>(more > 0 ? text[i + 1] : 0);
    const bool is_overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool is_beyond = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
    if (is_overlong || is_beyond) return false;
    i += more + 1;
  }
  return true;
}

absl::Status CheckPart(std::string_view part) {
  if (part.empty()) return absl::InvalidArgumentError("has an empty part or begins with \"/\"");
  if (part == "." || part == "..") {
    return absl::InvalidArgumentError("leads out of the archive or nowhere: \".\" or \"..\"");
  }
  if (part.size() > kLongestPart) return absl::InvalidArgumentError("has a part that is too long");
  if (part.ends_with('.') || part.ends_with(' ')) {
    return absl::InvalidArgumentError("has a part that ends in a dot or a space");
  }
  if (IsDevice(part)) return absl::InvalidArgumentError("is the name of a device on Windows");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> CheckEntryName(std::string_view name) {
  if (name.ends_with('/')) name.remove_suffix(1);
  if (name.empty()) return absl::InvalidArgumentError("is empty");
  if (name.size() > kLongestName) return absl::InvalidArgumentError("is too long");
  if (!IsUtf8(name)) return absl::InvalidArgumentError("is not UTF-8");
  if (std::ranges::any_of(name, IsForbidden)) {
    return absl::InvalidArgumentError("has a backslash, a colon or a control character");
  }
  if (std::ranges::count(name, '/') >= kDeepest) {
    return absl::InvalidArgumentError("is in too many folders");
  }
  for (std::string_view rest = name;;) {
    const size_t slash = rest.find('/');
    if (absl::Status checked = CheckPart(rest.substr(0, slash)); !checked.ok()) return checked;
    if (slash == std::string_view::npos) return std::string(name);
    rest.remove_prefix(slash + 1);
  }
}

std::string FoldedName(std::string_view name) {
  std::string folded(name);
  absl::AsciiStrToLower(&folded);
  return folded;
}

}  // namespace datamigrate::gateway
