#include "common/audit/export_format.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "common/crypto/encoding.h"

namespace datamigrate::audit {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> Words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// A backslash before each of `special`; line ends as \n.
std::string Escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += c == '\n' ? "\\n" : "\\r";
      continue;
    }
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

int SeverityOf(const Row& row) {
  if (row.verdict == "block") return 8;
  if (row.status >= 500) return 6;
  return row.status >= 400 ? 5 : 3;
}

}  // namespace

Json ToJson(const Row& row) {
  return {{"organization_id", row.organization_id},
          {"sequence", row.sequence},
          {"at", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", row.at, absl::UTCTimeZone())},
          {"user_id", row.user_id},
          {"api_key_id", row.key_id},
          {"session_id", row.session_id},
          {"remote_address", row.remote_address},
          {"action", row.action},
          {"object", row.object},
          {"status", row.status},
          {"verdict", row.verdict},
          {"rules", Words(row.rules)},
          {"findings", Words(row.findings)},
          {"text_sha256", row.text_sha256},
          {"latency_ms", static_cast<double>(row.latency_micros) / 1000},
          {"occurrences", row.occurrences},
          {"request_id", row.request_id},
          {"hash", crypto::HexEncode(row.hash)}};
}

std::string JsonLine(const Row& row) {
  return ToJson(row).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string CefLine(const Row& row, std::string_view version) {
  const auto head = [](std::string_view text) { return Escaped(text, "\\|"); };
  std::string line =
      fmt::format("CEF:0|DataMigrate|datamigrate-gateway|{}|{}|{} {}|{}|", head(version),
                  head(row.action), head(row.action), row.status, SeverityOf(row));
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) line += fmt::format("{}={} ", key, Escaped(value, "\\="));
  };
  add("rt", std::to_string(absl::ToUnixMillis(row.at)));
  add("externalId", fmt::format("{}/{}", row.organization_id, row.sequence));
  add("suid", row.user_id);
  add("src", row.remote_address);
  add("act", row.verdict);
  add("outcome", row.status < 400 ? "success" : "failure");
  add("cnt", std::to_string(row.occurrences));
  const auto add_custom = [&](int number, std::string_view label, std::string_view value) {
    if (value.empty()) return;
    add(fmt::format("cs{}Label", number), label);
    add(fmt::format("cs{}", number), value);
  };
  add_custom(1, "object", row.object);
  add_custom(2, "rules", row.rules);
  add_custom(3, "requestId", row.request_id);
  add_custom(4, "textSha256", row.text_sha256);
  add_custom(5, "apiKeyId", row.key_id);
  add_custom(6, "sessionId", row.session_id);
  line.back() = '\n';
  return line;
}

}  // namespace datamigrate::audit
