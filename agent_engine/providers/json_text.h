// JSON that a provider sends: any bytes, any depth.
#ifndef DATAMIGRATE_AGENT_ENGINE_PROVIDERS_JSON_TEXT_H_
#define DATAMIGRATE_AGENT_ENGINE_PROVIDERS_JSON_TEXT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent_engine/providers/protocol.h"

namespace datamigrate::providers {

// The value; nothing for what is not JSON (RFC 8259) in UTF-8, or deeper than 100 levels.
std::optional<nlohmann::json> ParseJson(std::string_view text);

// The object; nothing for other values, too.
std::optional<nlohmann::json> ParseObject(std::string_view text);

// Members of an object, when they are there and of the type; else "" and 0. `value` may be of any
// type.
std::string TextAt(const nlohmann::json& value, const char* name);
int64_t CountAt(const nlohmann::json& value, const char* name);  // 0 for negative ones
// Null for a missing member.
const nlohmann::json& At(const nlohmann::json& value, const char* name);

// On one line. Precondition: texts are UTF-8.
std::string ToText(const nlohmann::json& value);

// A tool's arguments as an object: "{}" for an empty text and for what is none.
nlohmann::json ArgumentsOf(std::string_view text);

// Of {"error": {"type" or "code", "message"}}, {"error": "message"} and {"type", "message"}.
ProviderError ErrorOf(const nlohmann::json& body);

// Text from a provider as messages show it: one line of UTF-8, at most 300 bytes.
std::string ForMessage(std::string_view text);

// True when providers that are strict about schemas take it: every object says that it has no
// other properties, and requires all that it has (OpenAI, "Structured model outputs").
bool IsStrictSchema(const nlohmann::json& schema);

}  // namespace datamigrate::providers

#endif  // DATAMIGRATE_AGENT_ENGINE_PROVIDERS_JSON_TEXT_H_
