#include "agent_engine/providers/anthropic/anthropic.h"

#include <map>
#include <optional>
#include <utility>

#include "agent_engine/providers/event_reader.h"
#include "agent_engine/providers/json_text.h"

namespace datamigrate::providers {
namespace {

using nlohmann::json;
using routing::StopReason;

json CacheHere() {
  return {{"type", "ephemeral"}};
}

// platform.claude.com, "Messages": empty text blocks are refused, so they are left out.
json BlocksOf(const routing::Message& message) {
  json blocks = json::array();
  for (const routing::Part& part : message.parts) {
    if (const auto* text = std::get_if<routing::TextPart>(&part)) {
      if (!text->text.empty()) blocks.push_back({{"type", "text"}, {"text", text->text}});
    } else if (const auto* call = std::get_if<routing::ToolCall>(&part)) {
      blocks.push_back({{"type", "tool_use"},
                        {"id", call->id},
                        {"name", call->name},
                        {"input", ArgumentsOf(call->arguments)}});
    } else {
      const auto& result = std::get<routing::ToolResult>(part);
      blocks.push_back({{"type", "tool_result"},
                        {"tool_use_id", result.call_id},
                        {"content", result.text},
                        {"is_error", result.is_error}});
    }
  }
  return blocks;
}

json ToolsOf(const routing::ModelRequest& request) {
  json tools = json::array();
  for (const routing::ModelTool& tool : request.tools) {
    tools.push_back({{"name", tool.name},
                     {"description", tool.description},
                     {"input_schema", ArgumentsOf(tool.parameters)}});
  }
  // The tools come before the system text, whose mark is theirs, too.
  if (request.cache_system && request.system.empty() && !tools.empty()) {
    tools.back()["cache_control"] = CacheHere();
  }
  return tools;
}

std::string ChoiceOf(routing::ToolChoice choice, bool forces_tools) {
  if (choice == routing::ToolChoice::kNone) return "none";
  return choice == routing::ToolChoice::kRequired && forces_tools ? "any" : "auto";
}

// platform.claude.com, "Handling stop reasons".
StopReason StopReasonOf(const std::string& name) {
  static const auto* const reasons = new std::map<std::string, StopReason>{
      {"end_turn", StopReason::kEnd},
      {"max_tokens", StopReason::kMaxTokens},
      {"model_context_window_exceeded", StopReason::kMaxTokens},
      {"stop_sequence", StopReason::kStopText},
      {"tool_use", StopReason::kToolCalls},
      {"refusal", StopReason::kRefusal},
  };
  const auto found = reasons->find(name);
  return found == reasons->end() ? StopReason::kEnd : found->second;
}

// platform.claude.com, "Prompt caching": input_tokens are those after the last mark alone. Counts
// of a stream's end replace those of its start, where they are given.
void AddUsage(const json& usage, routing::TokenUsage& total) {
  if (!usage.is_object()) return;
  int64_t plain = total.input - total.cached_input - total.cache_write;
  if (At(usage, "input_tokens").is_number()) plain = CountAt(usage, "input_tokens");
  if (At(usage, "cache_read_input_tokens").is_number()) {
    total.cached_input = CountAt(usage, "cache_read_input_tokens");
  }
  if (At(usage, "cache_creation_input_tokens").is_number()) {
    total.cache_write = CountAt(usage, "cache_creation_input_tokens");
  }
  if (At(usage, "output_tokens").is_number()) total.output = CountAt(usage, "output_tokens");
  total.input = plain + total.cached_input + total.cache_write;
}

class Stream : public AnswerStream {
 public:
  absl::Status Feed(std::string_view bytes, const TextSink& sink) override {
    return reader_.Feed(
        bytes, [&](std::string_view /*event*/, std::string_view data) { return Take(data, sink); });
  }

  absl::Status End() override {
    if (is_complete_) return absl::OkStatus();
    return absl::UnavailableError("the stream was cut before its end");
  }

  const ProviderAnswer& answer() const override { return answer_; }
  const ProviderError& error() const override { return error_; }

 private:
  absl::Status Take(std::string_view data, const TextSink& sink) {
    const auto event = ParseObject(data);
    if (!event.has_value()) return absl::DataLossError("an event of the stream is not JSON");
    const std::string type = TextAt(*event, "type");
    if (type == "message_start") {
      answer_.model = TextAt(At(*event, "message"), "model");
      AddUsage(At(At(*event, "message"), "usage"), answer_.usage);
    } else if (type == "content_block_start") {
      return StartBlock(*event, sink);
    } else if (type == "content_block_delta") {
      return TakeDelta(*event, sink);
    } else if (type == "message_delta") {
      const std::string reason = TextAt(At(*event, "delta"), "stop_reason");
      if (!reason.empty()) answer_.stop_reason = StopReasonOf(reason);
      AddUsage(At(*event, "usage"), answer_.usage);
    } else if (type == "message_stop") {
      Finish();
    } else if (type == "error") {
      error_ = ErrorOf(*event);
      return absl::UnavailableError("the provider ended the stream with an error");
    }
    return absl::OkStatus();  // "ping" and what later versions add
  }

  absl::Status StartBlock(const json& event, const TextSink& sink) {
    const json& block = At(event, "content_block");
    const std::string type = TextAt(block, "type");
    if (type == "tool_use") {
      tools_[CountAt(event, "index")] = {TextAt(block, "id"), TextAt(block, "name"), ""};
    }
    return type == "text" ? GiveText(TextAt(block, "text"), sink) : absl::OkStatus();
  }

  absl::Status TakeDelta(const json& event, const TextSink& sink) {
    const json& delta = At(event, "delta");
    const std::string type = TextAt(delta, "type");
    if (type == "text_delta") return GiveText(TextAt(delta, "text"), sink);
    if (type == "input_json_delta") {
      const auto tool = tools_.find(CountAt(event, "index"));
      if (tool != tools_.end()) tool->second.arguments += TextAt(delta, "partial_json");
    }
    return absl::OkStatus();
  }

  absl::Status GiveText(const std::string& text, const TextSink& sink) {
    answer_.text += text;
    if (text.empty() || sink(text)) return absl::OkStatus();
    return absl::CancelledError("the reader has ended the stream");
  }

  void Finish() {
    if (is_complete_) return;
    is_complete_ = true;
    for (auto& [index, tool] : tools_) {
      if (tool.arguments.empty()) tool.arguments = "{}";
      answer_.tool_calls.push_back(std::move(tool));
    }
  }

  EventReader reader_;
  ProviderAnswer answer_;
  ProviderError error_;
  std::map<int64_t, routing::ToolCall> tools_;  // by the index of their block
  bool is_complete_ = false;
};

class AnthropicProtocol : public Protocol {
 public:
  std::string Refusal(const routing::ModelRequest& /*request*/) const override { return ""; }

  ProviderRequest Write(const routing::ModelRequest& request,
                        const WriteOptions& options) const override {
    json body = {{"model", options.model}, {"max_tokens", request.max_output_tokens}};
    if (!request.system.empty()) {
      body["system"] = json::array({{{"type", "text"}, {"text", request.system}}});
      if (request.cache_system) body["system"][0]["cache_control"] = CacheHere();
    }
    json& messages = body["messages"] = json::array();
    for (const routing::Message& message : request.messages) {
      const char* role = message.role == routing::Role::kUser ? "user" : "assistant";
      messages.push_back({{"role", role}, {"content", BlocksOf(message)}});
    }
    if (!request.tools.empty()) {
      body["tools"] = ToolsOf(request);
      body["tool_choice"] = {{"type", ChoiceOf(request.tool_choice, options.forces_tools)}};
    }
    if (request.temperature.has_value() && options.takes_temperature) {
      body["temperature"] = *request.temperature;
    }
    if (!request.stop.empty()) body["stop_sequences"] = request.stop;
    if (!request.answer_schema.empty() && options.takes_schema) {
      body["output_config"]["format"] = {{"type", "json_schema"},
                                         {"schema", ArgumentsOf(request.answer_schema)}};
    }
    if (options.is_stream) body["stream"] = true;
    return {"/v1/messages",
            {{"content-type", "application/json"}, {"anthropic-version", "2023-06-01"}},
            ToText(body)};
  }

  net::HeaderField KeyField(std::string_view key) const override {
    return {"x-api-key", std::string(key)};
  }

  absl::StatusOr<ProviderAnswer> Read(std::string_view body) const override {
    const auto message = ParseObject(body);
    if (!message.has_value()) return absl::DataLossError("the answer is not JSON");
    const json& content = At(*message, "content");
    if (!content.is_array()) return absl::DataLossError("the answer has no content");
    ProviderAnswer answer;
    for (const json& block : content) {
      const std::string type = TextAt(block, "type");
      if (type == "text") answer.text += TextAt(block, "text");
      if (type == "tool_use") {
        answer.tool_calls.push_back(
            {TextAt(block, "id"), TextAt(block, "name"), ToText(At(block, "input"))});
      }
    }
    answer.stop_reason = StopReasonOf(TextAt(*message, "stop_reason"));
    answer.model = TextAt(*message, "model");
    AddUsage(At(*message, "usage"), answer.usage);
    return answer;
  }

  std::unique_ptr<AnswerStream> NewStream() const override { return std::make_unique<Stream>(); }

  ProviderError ReadError(std::string_view body) const override {
    const auto error = ParseObject(body);
    return error.has_value() ? ErrorOf(*error) : ProviderError();
  }
};

}  // namespace

const Protocol& Anthropic() {
  static const AnthropicProtocol* const protocol = new AnthropicProtocol;
  return *protocol;
}

}  // namespace datamigrate::providers
