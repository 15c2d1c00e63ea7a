#include "gateway/openapi/request_check.h"

#include <fmt/format.h>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/strings/match.h"
#include "gateway/http/problem.h"
#include "gateway/openapi/message_schema.h"

namespace datamigrate::gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view kJson = "application/json";
constexpr size_t kDeepestBody = 32;

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    const unsigned char first = byte(i);
    size_t more = 0;
    uint32_t point = first;
    uint32_t least = 0;
    if (first >= 0x80) {
      if (first >= 0xC2 && first <= 0xDF) {
        more = 1, point = first & 0x1F, least = 0x80;
      } else if ((first & 0xF0) == 0xE0) {
        more = 2, point = first & 0x0F, least = 0x800;
      } else if (first >= 0xF0 && first <= 0xF4) {
        more = 3, point = first & 0x07, least = 0x10000;
      } else {
        return false;
      }
    }
    if (i + more >= text.size()) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
      point = point << 6 | (byte(i + k) & 0x3F);
    }
    if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += more + 1;
  }
  return true;
}

// A parameter's text as the JSON value that its schema speaks of.
json::value ValueOf(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return json::value(json::string_view(text));
}

std::optional<std::string> Find(const Request& request, const Parameter& parameter) {
  if (parameter.place == Parameter::Place::kHeader) {
    if (!request.headers.Has(parameter.name)) return std::nullopt;
    return std::string(request.headers.Get(parameter.name));
  }
  const auto& texts =
      parameter.place == Parameter::Place::kQuery ? request.query : request.parameters;
  const auto found = texts.find(std::string(parameter.name));
  return found == texts.end() ? std::nullopt : std::optional(found->second);
}

std::string_view WhereIs(Parameter::Place place) {
  switch (place) {
    case Parameter::Place::kQuery:
      return "the query parameter";
    case Parameter::Place::kHeader:
      return "the header field";
    case Parameter::Place::kPath:
      return "the path's";
  }
  return "";
}

bool IsOfNumber(const Parameter& parameter) {
  return parameter.schema.find("\"integer\"") != std::string_view::npos;
}

json::value ParseSchema(std::string_view text) {
  return json::parse({text.data(), text.size()});
}

}  // namespace

bool IsJson(std::string_view content_type) {
  std::string_view media_type = content_type.substr(0, content_type.find(';'));
  while (media_type.ends_with(' ') || media_type.ends_with('\t')) media_type.remove_suffix(1);
  return absl::EqualsIgnoreCase({media_type.data(), media_type.size()},
                                {kJson.data(), kJson.size()});
}

RequestCheck::RequestCheck(const Route& route) : route_(route) {
  for (const Parameter& parameter : route.description.parameters) {
    parameters_.emplace_back(&parameter, JsonSchema(ParseSchema(parameter.schema)));
  }
  if (route.description.body != nullptr) {
    body_.emplace(ResolveSchema(*route.description.body, SchemaUse::kRequest));
  }
}

std::optional<Response> RequestCheck::Check(Request& request) const {
  if (auto wrong = CheckParameters(request); wrong.has_value()) {
    return Problem(request, 400, *wrong);
  }
  return body_.has_value() ? CheckBody(request) : std::nullopt;
}

std::optional<std::string> RequestCheck::CheckParameters(const Request& request) const {
  for (const auto& [name, value] : request.parameters) {
    if (!IsUtf8(value)) return fmt::format("\"{}\" in the path is not UTF-8.", name);
  }
  for (const auto& [parameter, schema] : parameters_) {
    const std::string_view where = WhereIs(parameter->place);
    const std::optional<std::string> text = Find(request, *parameter);
    if (!text.has_value()) {
      if (!parameter->is_required) continue;
      return fmt::format("{} \"{}\" is missing: {}.", where, parameter->name,
                         parameter->description);
    }
    if (!IsUtf8(*text)) return fmt::format("{} \"{}\" is not UTF-8.", where, parameter->name);
    const json::value value =
        IsOfNumber(*parameter) ? ValueOf(*text) : json::value(json::string_view(*text));
    auto wrong = schema.Check(value, fmt::format("{} \"{}\"", where, parameter->name));
    if (wrong.has_value()) return *wrong + ".";
  }
  return std::nullopt;
}

std::optional<Response> RequestCheck::CheckBody(Request& request) const {
  if (request.body.empty()) {
    if (!route_.description.is_body_required) return std::nullopt;
    return Problem(request, 400, "This route needs a JSON object as its body.");
  }
  if (!IsJson(request.headers.Get("Content-Type"))) {
    return Problem(request, 415, "Send the body as \"Content-Type: application/json\".");
  }
  json::parse_options options;
  options.max_depth = kDeepestBody;
  json::error_code error;
  // The values lie one after another and go together, with the request.
  json::value value = json::parse(request.body, error,
                                  json::make_shared_resource<json::monotonic_resource>(), options);
  if (error) {
    return Problem(request, 400, fmt::format("The body is not valid JSON: {}.", error.message()));
  }
  if (auto wrong = body_->Check(value); wrong.has_value()) {
    return Problem(request, 400, fmt::format("The body is refused: {}.", *wrong));
  }
  request.json = std::make_shared<const json::value>(std::move(value));
  return std::nullopt;
}

}  // namespace datamigrate::gateway
