#include "agent_engine/routing/answer_cache.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent_engine/providers/json_text.h"
#include "common/crypto/digest.h"
#include "common/text/text.h"

namespace datamigrate::routing {
namespace {

using nlohmann::json;
using providers::At;
using providers::CountAt;
using providers::TextAt;

constexpr int kVersion = 1;

std::string KeyOf(std::string_view tenant, std::string_view key) {
  return text::Cat(tenant.size(), ":", tenant, key);
}

json ToJson(const Part& part) {
  if (const auto* text = std::get_if<TextPart>(&part)) return {{"text", text->text}};
  if (const auto* call = std::get_if<ToolCall>(&part)) {
    return {{"call", call->id}, {"name", call->name}, {"arguments", call->arguments}};
  }
  const auto& result = std::get<ToolResult>(part);
  return {{"result", result.call_id}, {"text", result.text}, {"is_error", result.is_error}};
}

json ToJson(const TokenUsage& usage) {
  return {{"input", usage.input},
          {"cached_input", usage.cached_input},
          {"cache_write", usage.cache_write},
          {"output", usage.output},
          {"is_estimated", usage.is_estimated}};
}

}  // namespace

absl::StatusOr<std::optional<std::string>> MemoryCache::Find(std::string_view tenant,
                                                             std::string_view key, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_key_.find(KeyOf(tenant, key));
  if (found == by_key_.end() || found->second->expires <= now) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->value;
}

absl::Status MemoryCache::Store(std::string_view tenant, std::string_view key,
                                std::string_view value, absl::Time now, absl::Time expires) {
  absl::MutexLock lock(&mutex_);
  std::string whole = KeyOf(tenant, key);
  const auto found = by_key_.find(whole);
  if (found != by_key_.end()) {
    if (found->second->expires > now) return absl::OkStatus();
    Remove(found->second);
  }
  bytes_ += whole.size() + value.size();
  entries_.push_front({whole, std::string(value), expires});
  by_key_.emplace(std::move(whole), entries_.begin());
  while (bytes_ > max_bytes_ && !entries_.empty()) Remove(std::prev(entries_.end()));
  return absl::OkStatus();
}

void MemoryCache::Remove(Entries::iterator entry) {
  bytes_ -= entry->key.size() + entry->value.size();
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

std::string DigestOf(const ModelRequest& request) {
  json messages = json::array();
  for (const Message& message : request.messages) {
    json parts = json::array();
    for (const Part& part : message.parts) parts.push_back(ToJson(part));
    messages.push_back({{"role", static_cast<int>(message.role)}, {"parts", std::move(parts)}});
  }
  json tools = json::array();
  for (const ModelTool& tool : request.tools) {
    tools.push_back(
        {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}});
  }
  // cache_system changes the price and not the answer.
  json whole = {{"version", kVersion},
                {"system", request.system},
                {"messages", std::move(messages)},
                {"tools", std::move(tools)},
                {"tool_choice", static_cast<int>(request.tool_choice)},
                {"answer_schema", request.answer_schema},
                {"max_output_tokens", request.max_output_tokens},
                {"stop", request.stop}};
  if (request.temperature.has_value()) whole["temperature"] = *request.temperature;
  return crypto::Sha256Hex(providers::ToText(whole));
}

std::string CacheKey(const Model& model, std::string_view request_digest) {
  return crypto::Sha256Hex(
      text::Cat(model.name, "\n", model.deployments.front().provider_model, "\n", request_digest));
}

std::string ToValue(const ModelAnswer& answer) {
  json calls = json::array();
  for (const ToolCall& call : answer.tool_calls) calls.push_back(ToJson(Part(call)));
  return providers::ToText({{"version", kVersion},
                            {"text", answer.text},
                            {"tool_calls", std::move(calls)},
                            {"stop_reason", static_cast<int>(answer.stop_reason)},
                            {"model", answer.model},
                            {"deployment", answer.deployment},
                            {"provider_model", answer.provider_model},
                            {"usage", ToJson(answer.usage)}});
}

std::optional<ModelAnswer> FromValue(std::string_view value) {
  const auto object = providers::ParseObject(value);
  if (!object.has_value() || CountAt(*object, "version") != kVersion) return std::nullopt;
  ModelAnswer answer;
  answer.text = TextAt(*object, "text");
  for (const json& call : At(*object, "tool_calls")) {
    answer.tool_calls.push_back(
        {TextAt(call, "call"), TextAt(call, "name"), TextAt(call, "arguments")});
  }
  answer.stop_reason = static_cast<StopReason>(CountAt(*object, "stop_reason"));
  answer.model = TextAt(*object, "model");
  answer.deployment = TextAt(*object, "deployment");
  answer.provider_model = TextAt(*object, "provider_model");
  const json& usage = At(*object, "usage");
  answer.usage = {CountAt(usage, "input"), CountAt(usage, "cached_input"),
                  CountAt(usage, "cache_write"), CountAt(usage, "output"),
                  At(usage, "is_estimated").is_boolean() && At(usage, "is_estimated").get<bool>()};
  answer.is_from_cache = true;
  return answer;
}

}  // namespace datamigrate::routing
