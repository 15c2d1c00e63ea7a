#include "agent_engine/cli/engine_token.h"

#include <cstdlib>
#include <string_view>

#include "common/crypto/api_key.h"
#include "common/crypto/key_file.h"
#include "common/net/fetch.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace datamigrate::cli {
namespace {

using nlohmann::json;

constexpr absl::Duration kLeft = absl::Seconds(30);

// What a problem document says, without what could steer a terminal.
std::string DetailOf(const net::Answer& answer) {
  const json problem = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  const auto detail = problem.is_object() ? problem.find("detail") : problem.end();
  if (detail == problem.end() || !detail->is_string()) {
    return fmt::format("it answers {}", answer.status);
  }
  std::string text = detail->get<std::string>();
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return text;
}

}  // namespace

absl::StatusOr<std::string> EngineToken::ReadApiKey() const {
  std::string key;
  if (!gateway_.api_key_file.empty()) {
    absl::StatusOr<std::string> text = crypto::ReadKeyFile(gateway_.api_key_file);
    if (!text.ok()) return text.status();
    key = text->substr(0, text->find('\n'));
  } else if (const char* variable = std::getenv("DATAMIGRATE_API_KEY"); variable != nullptr) {
    key = variable;
  }
  if (crypto::IsApiKey(key)) return key;
  return absl::FailedPreconditionError(
      "--gateway needs an API key, \"dm_\" and 46 letters and digits: in the variable "
      "DATAMIGRATE_API_KEY, or in a file that --api-key-file names");
}

absl::StatusOr<std::string> EngineToken::Get(absl::Time now) {
  if (gateway_.url.empty()) return std::string();
  if (good_until_ <= now) {
    if (absl::Status asked = Ask(now); !asked.ok()) return asked;
  }
  return token_;
}

absl::Status EngineToken::Ask(absl::Time now) {
  absl::StatusOr<std::string> key = ReadApiKey();
  if (!key.ok()) return key.status();
  std::string_view url = gateway_.url;
  while (url.ends_with('/')) url.remove_suffix(1);
  const absl::StatusOr<net::Answer> answer =
      net::Ask({.url = fmt::format("{}/api/v1/engine-tokens", url),
                .bearer = *std::move(key),
                .peer = fmt::format("the gateway {}", url)},
               {.ca_file = gateway_.ca_file});
  if (absl::IsInvalidArgument(answer.status())) {
    return absl::FailedPreconditionError(
        "--gateway must begin with https://, or with http:// for this machine: an API key does not "
        "travel in clear text");
  }
  if (!answer.ok()) return answer.status();
  if (answer->status != 201) {
    return absl::FailedPreconditionError(
        fmt::format("the gateway {} gives no token for the API key: {}", url, DetailOf(*answer)));
  }
  const json body = json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !body["token"].is_string() || !body["expires_in"].is_number_integer()) {
    return absl::FailedPreconditionError(
        fmt::format("{} answers as no gateway of DataMigrate does", url));
  }
  token_ = body["token"];
  good_until_ = now + absl::Seconds(body["expires_in"].get<int64_t>()) - kLeft;
  return absl::OkStatus();
}

}  // namespace datamigrate::cli
