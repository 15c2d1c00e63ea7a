#include "common/errors/error_context.h"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "absl/strings/cord.h"

namespace datamigrate::errors {
namespace {

using nlohmann::json;

constexpr char kPayloadUrl[] = "datamigrate/error-context";
constexpr std::size_t kLongestText = 2'000;

struct TextField {
  const char* name;
  std::string ErrorContext::*field;
};

constexpr auto kTextFields = std::to_array<TextField>({
    {"agent", &ErrorContext::agent},
    {"phase", &ErrorContext::phase},
    {"operation", &ErrorContext::operation},
    {"object", &ErrorContext::object},
    {"batch", &ErrorContext::batch},
    {"sql_state", &ErrorContext::sql_state},
    {"strategy", &ErrorContext::strategy},
    {"code", &ErrorContext::code},
    {"message", &ErrorContext::message},
});

// Not within a character.
std::string Cut(std::string_view text) {
  if (text.size() <= kLongestText) return std::string(text);
  std::size_t end = kLongestText;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

// Adds to `inner` what it does not say.
void Fill(ErrorContext& inner, const ErrorContext& outer) {
  for (const TextField& text : kTextFields) {
    if ((inner.*text.field).empty()) inner.*text.field = outer.*text.field;
  }
  if (!inner.rows.has_value()) inner.rows = outer.rows;
  if (inner.attempt == 0) inner.attempt = outer.attempt;
  if (inner.tried.empty()) inner.tried = outer.tried;
  if (inner.step < 0) inner.step = outer.step;
}

ErrorContext Carried(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  return payload.has_value() ? FromJson(std::string(*payload)) : ErrorContext();
}

// What the status carries stays.
absl::Status Reworded(const absl::Status& status, const std::string& message) {
  absl::Status reworded(status.code(), message);
  status.ForEachPayload(
      [&reworded](auto url, const absl::Cord& payload) { reworded.SetPayload(url, payload); });
  return reworded;
}

}  // namespace

absl::Status WithContext(const absl::Status& status, const ErrorContext& context) {
  if (status.ok()) return status;
  ErrorContext known = Carried(status);
  Fill(known, context);
  // They are the status's own to say.
  known.code.clear();
  known.message.clear();
  const std::string json_text = ToJson(known);
  if (json_text == "{}") return status;
  absl::Status with = status;
  with.SetPayload(kPayloadUrl, absl::Cord(json_text));
  return with;
}

ErrorContext ContextOf(const absl::Status& status) {
  ErrorContext context = Carried(status);
  context.code = absl::StatusCodeToString(status.code());
  context.message = std::string(status.message());
  for (const TextField& text : kTextFields) context.*text.field = Cut(context.*text.field);
  return context;
}

absl::Status At(std::string_view place, const absl::Status& status) {
  return Reworded(status, fmt::format("{}: {}", place, std::string(status.message())));
}

absl::Status InFull(const absl::Status& status) {
  return Reworded(status, Summary(ContextOf(status)));
}

std::string Describe(const ErrorContext& context) {
  std::vector<std::string> parts;
  if (!context.operation.empty()) parts.push_back("during " + context.operation);
  if (!context.object.empty()) parts.push_back(context.object);
  if (!context.batch.empty()) parts.push_back(context.batch);
  if (context.rows.has_value()) parts.push_back(fmt::format("after {} rows", *context.rows));
  std::string text = fmt::format("{}", fmt::join(parts, ", "));
  if (context.tried.empty()) return text;
  return fmt::format("{}{}tried before: {}", text, text.empty() ? "" : "; ",
                     fmt::join(context.tried, "; "));
}

std::string Summary(const ErrorContext& context) {
  const std::string description = Describe(context);
  if (description.empty()) return context.message;
  return fmt::format("{} ({})", context.message, description);
}

absl::Status StatusOf(const ErrorContext& context) {
  absl::StatusCode code = absl::StatusCode::kUnknown;
  for (int i = 1; i <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++i) {
    const auto known = static_cast<absl::StatusCode>(i);
    if (absl::StatusCodeToString(known) == context.code) code = known;
  }
  return WithContext(absl::Status(code, context.message), context);
}

std::string ToJson(const ErrorContext& context) {
  json object = json::object();
  for (const TextField& text : kTextFields) {
    if (!(context.*text.field).empty()) object[text.name] = context.*text.field;
  }
  if (context.rows.has_value()) object["rows"] = *context.rows;
  if (context.attempt > 0) object["attempt"] = context.attempt;
  if (!context.tried.empty()) object["tried"] = context.tried;
  if (context.step >= 0) object["step"] = context.step;
  // Error texts may quote anything: what is not UTF-8 is replaced, not thrown at us.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

ErrorContext FromJson(std::string_view text) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  ErrorContext context;
  if (!object.is_object()) return context;
  for (const TextField& field : kTextFields) {
    const auto found = object.find(field.name);
    if (found != object.end() && found->is_string())
      context.*field.field = found->get<std::string>();
  }
  auto number = [&object](const char* name) -> std::optional<int64_t> {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number_integer()) return std::nullopt;
    return found->get<int64_t>();
  };
  context.rows = number("rows");
  context.attempt = static_cast<int>(number("attempt").value_or(0));
  context.step = number("step").value_or(-1);
  const auto tried = object.find("tried");
  if (tried == object.end() || !tried->is_array()) return context;
  for (const json& one : *tried) {
    if (one.is_string()) context.tried.push_back(one.get<std::string>());
  }
  return context;
}

}  // namespace datamigrate::errors
