#include "common/guardian/url_cargo.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "common/guardian/ascii.h"
#include "common/guardian/entropy.h"

namespace datamigrate::guardian {
namespace {

// Names under which an attack's URL most often carries what it read.
constexpr std::array<std::string_view, 44> kCargoNames = {
    "q",       "d",        "data",    "text",  "msg",     "message",  "content",      "c",
    "s",       "secret",   "secrets", "token", "key",     "password", "pass",         "pwd",
    "user",    "username", "email",   "mail",  "history", "chat",     "conversation", "context",
    "prompt",  "summary",  "leak",    "exfil", "stolen",  "steal",    "cookie",       "session",
    "payload", "body",     "info",    "log",   "notes",   "answer",   "response",     "result",
    "x",       "p",        "m",       "t"};

// Names that ordinary images, badges and pages give to their parameters.
constexpr std::array<std::string_view, 40> kHarmlessNames = {
    "w",       "h",      "width",      "height",     "size",         "v",           "ver",
    "version", "format", "fit",        "auto",       "quality",      "dpr",         "style",
    "color",   "logo",   "label",      "branch",     "event",        "page",        "lang",
    "hl",      "view",   "raw",        "crop",       "ssl",          "rev",         "ts",
    "theme",   "tab",    "utm_source", "utm_medium", "utm_campaign", "utm_content", "ref",
    "fm",      "ixlib",  "cb",         "cs",         "ixid"};

template <size_t n>
bool IsAmong(std::string_view name, const std::array<std::string_view, n>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct UrlParts {
  std::string_view host;
  std::string_view path;
  std::string_view query;  // with the fragment
};

UrlParts Split(std::string_view url) {
  UrlParts parts;
  url.remove_prefix(std::min(url.size(), url.find("//") + 2));
  const size_t host_end = std::min(url.find_first_of("/?#"), url.size());
  parts.host = url.substr(0, host_end);
  url.remove_prefix(host_end);
  const size_t path_end = std::min(url.find_first_of("?#"), url.size());
  parts.path = url.substr(0, path_end);
  if (path_end < url.size()) parts.query = url.substr(path_end + 1);
  return parts;
}

// Encoded bytes: base64 or hexadecimal of at least `length` characters with no words in it.
bool HoldsBlob(std::string_view text, size_t length) {
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const bool goes_on = i < text.size() && (IsLetterOrDigit(text[i]) || text[i] == '_' ||
                                             text[i] == '-' || text[i] == '+' || text[i] == '=');
    if (goes_on) continue;
    const std::string_view run = text.substr(begin, i - begin);
    if (run.size() >= length && HasDigit(run) && !IsWords(run) && ShannonEntropy(run) >= 3.2 &&
        std::count(run.begin(), run.end(), '-') * 8 < static_cast<std::ptrdiff_t>(run.size())) {
      return true;
    }
    begin = i + 1;
  }
  return false;
}

// Words with encoded blanks between, or an e-mail address.
bool HoldsSentence(std::string_view value, size_t blanks) {
  size_t found = static_cast<size_t>(std::count(value.begin(), value.end(), '+')) +
                 static_cast<size_t>(std::count(value.begin(), value.end(), ' '));
  for (size_t at = value.find('%'); at + 2 < value.size() && at != std::string_view::npos;
       at = value.find('%', at + 1)) {
    const std::string_view code = value.substr(at, 3);
    found += code == "%20" || code == "%0A" || code == "%0a";
    if (code == "%40") return true;
  }
  return found >= blanks;
}

// A place that the writer of the text was to fill: "{data}", "[SUMMARY]", "<secret>", "$(...)".
bool HoldsPlace(std::string_view value) {
  return value.find('{') != std::string_view::npos || value.find("$(") != std::string_view::npos ||
         value.find('[') != std::string_view::npos || value.find("%7B") != std::string_view::npos ||
         value.find("...") != std::string_view::npos;
}

// A word of capitals in place of a value: "SECRET_DATA", "USERNAME".
bool IsCapitalWords(std::string_view value) {
  return value.size() >= 4 && std::all_of(value.begin(), value.end(), [](char c) {
           return IsUpper(c) || c == '_' || c == '-';
         });
}

template <typename Predicate>
bool AnyParameter(std::string_view query, Predicate holds) {
  while (!query.empty()) {
    const size_t end = query.find_first_of("&;");  // "&amp;" in HTML
    const std::string_view parameter = query.substr(0, end);
    const size_t equals = parameter.find('=');
    const std::string name =
        equals == std::string_view::npos ? std::string() : ToLower(parameter.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? parameter : parameter.substr(equals + 1);
    if (holds(std::string_view(name), value)) return true;
    if (end == std::string_view::npos) return false;
    query.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

bool CarriesDataWhenFetched(std::string_view url) {
  const UrlParts parts = Split(url);
  if (HoldsBlob(parts.host.substr(0, parts.host.find('.')), 24)) return true;
  if (HoldsPlace(parts.path) || HoldsSentence(parts.path, 4) || HoldsBlob(parts.path, 64))
    return true;
  return AnyParameter(parts.query, [](std::string_view name, std::string_view value) {
    if (value.empty() || IsAmong(name, kHarmlessNames)) return false;
    if (HoldsPlace(value) || HoldsSentence(value, 2) || HoldsBlob(value, 48)) return true;
    return IsAmong(name, kCargoNames) &&
           (value.size() >= 12 || IsCapitalWords(value) || HoldsSentence(value, 1)) &&
           value.size() >= 4;
  });
}

bool CarriesMuchData(std::string_view url) {
  const UrlParts parts = Split(url);
  return AnyParameter(parts.query, [](std::string_view name, std::string_view value) {
    if (name.empty() || IsAmong(name, kHarmlessNames)) return false;
    const bool is_search = name == "q" || name == "query" || name == "search" || name == "subject";
    if (HoldsPlace(value) && IsAmong(name, kCargoNames)) return true;
    if (is_search) return HoldsBlob(value, 80);
    return HoldsBlob(value, 100) || (IsAmong(name, kCargoNames) && HoldsSentence(value, 4)) ||
           (IsAmong(name, kCargoNames) && (HoldsBlob(value, 32) || IsCapitalWords(value)));
  });
}

}  // namespace datamigrate::guardian
