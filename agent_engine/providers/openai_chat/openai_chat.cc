#include "agent_engine/providers/openai_chat/openai_chat.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "agent_engine/providers/event_reader.h"
#include "agent_engine/providers/json_text.h"

namespace datamigrate::providers {
namespace {

using nlohmann::json;
using routing::StopReason;

enum class Dialect { kOpenAi, kCompatible };

json FunctionOf(const routing::ToolCall& call) {
  return {{"id", call.id},
          {"type", "function"},
          {"function", {{"name", call.name}, {"arguments", ToText(ArgumentsOf(call.arguments))}}}};
}

// There is no field for a tool's failure.
std::string TextOf(const routing::ToolResult& result) {
  return result.is_error ? "error: " + result.text : result.text;
}

// A message of ours is one of theirs, and one for each tool's result before it.
void AddMessage(const routing::Message& message, json& messages) {
  std::string text;
  json calls = json::array();
  for (const routing::Part& part : message.parts) {
    if (const auto* words = std::get_if<routing::TextPart>(&part)) {
      text += words->text;
    } else if (const auto* call = std::get_if<routing::ToolCall>(&part)) {
      calls.push_back(FunctionOf(*call));
    } else {
      const auto& result = std::get<routing::ToolResult>(part);
      messages.push_back(
          {{"role", "tool"}, {"tool_call_id", result.call_id}, {"content", TextOf(result)}});
    }
  }
  if (text.empty() && calls.empty()) return;
  const char* role = message.role == routing::Role::kUser ? "user" : "assistant";
  json written = {{"role", role}, {"content", text}};
  if (text.empty()) written["content"] = nullptr;
  if (!calls.empty()) written["tool_calls"] = std::move(calls);
  messages.push_back(std::move(written));
}

json ToolsOf(const routing::ModelRequest& request) {
  json tools = json::array();
  for (const routing::ModelTool& tool : request.tools) {
    tools.push_back({{"type", "function"},
                     {"function",
                      {{"name", tool.name},
                       {"description", tool.description},
                       {"parameters", ArgumentsOf(tool.parameters)}}}});
  }
  return tools;
}

const char* ChoiceOf(routing::ToolChoice choice, bool forces_tools) {
  if (choice == routing::ToolChoice::kNone) return "none";
  return choice == routing::ToolChoice::kRequired && forces_tools ? "required" : "auto";
}

StopReason StopReasonOf(const std::string& name) {
  if (name == "length") return StopReason::kMaxTokens;
  if (name == "tool_calls" || name == "function_call") return StopReason::kToolCalls;
  if (name == "content_filter") return StopReason::kRefusal;
  return StopReason::kEnd;
}

void AddUsage(const json& usage, routing::TokenUsage& total) {
  if (!usage.is_object()) return;
  total.input = CountAt(usage, "prompt_tokens");
  total.output = CountAt(usage, "completion_tokens");
  total.cached_input = CountAt(At(usage, "prompt_tokens_details"), "cached_tokens");
  // Some servers count what they read from the cache beside the rest; it cannot be more than all.
  total.cached_input = std::min(total.cached_input, total.input);
}

std::string CallId(const std::string& id, size_t position) {
  return id.empty() ? "call_" + std::to_string(position) : id;
}

class Stream : public AnswerStream {
 public:
  absl::Status Feed(std::string_view bytes, const TextSink& sink) override {
    return reader_.Feed(
        bytes, [&](std::string_view /*event*/, std::string_view data) { return Take(data, sink); });
  }

  // Not every server sends "[DONE]"; one that has said why it stopped has said all.
  absl::Status End() override {
    if (!has_reason_) return absl::UnavailableError("the stream was cut before its end");
    Finish();
    return absl::OkStatus();
  }

  const ProviderAnswer& answer() const override { return answer_; }
  const ProviderError& error() const override { return error_; }

 private:
  absl::Status Take(std::string_view data, const TextSink& sink) {
    if (data == "[DONE]") return absl::OkStatus();
    const auto chunk = ParseObject(data);
    if (!chunk.has_value()) return absl::DataLossError("an event of the stream is not JSON");
    if (!At(*chunk, "error").is_null()) {
      error_ = ErrorOf(*chunk);
      return absl::UnavailableError("the provider ended the stream with an error");
    }
    if (answer_.model.empty()) answer_.model = TextAt(*chunk, "model");
    AddUsage(At(*chunk, "usage"), answer_.usage);
    const json& choices = At(*chunk, "choices");
    if (!choices.is_array() || choices.empty()) return absl::OkStatus();
    const std::string reason = TextAt(choices[0], "finish_reason");
    if (!reason.empty()) {
      has_reason_ = true;
      if (answer_.stop_reason != StopReason::kRefusal) answer_.stop_reason = StopReasonOf(reason);
    }
    return TakeDelta(At(choices[0], "delta"), sink);
  }

  absl::Status TakeDelta(const json& delta, const TextSink& sink) {
    const json& calls = At(delta, "tool_calls");
    if (calls.is_array()) {
      for (const json& call : calls) TakeCall(call);
    }
    std::string text = TextAt(delta, "content");
    const std::string refusal = TextAt(delta, "refusal");
    if (!refusal.empty()) answer_.stop_reason = StopReason::kRefusal;
    text += refusal;
    answer_.text += text;
    if (text.empty() || sink(text)) return absl::OkStatus();
    return absl::CancelledError("the reader has ended the stream");
  }

  void TakeCall(const json& call) {
    routing::ToolCall& tool = tools_[CountAt(call, "index")];
    if (tool.id.empty()) tool.id = TextAt(call, "id");
    if (tool.name.empty()) tool.name = TextAt(At(call, "function"), "name");
    tool.arguments += TextAt(At(call, "function"), "arguments");
  }

  void Finish() {
    for (auto& [index, tool] : tools_) {
      tool.id = CallId(tool.id, answer_.tool_calls.size());
      if (tool.arguments.empty()) tool.arguments = "{}";
      answer_.tool_calls.push_back(std::move(tool));
    }
    tools_.clear();
    // Some servers say "stop" beside calls.
    if (!answer_.tool_calls.empty() && answer_.stop_reason == StopReason::kEnd) {
      answer_.stop_reason = StopReason::kToolCalls;
    }
  }

  EventReader reader_;
  ProviderAnswer answer_;
  ProviderError error_;
  std::map<int64_t, routing::ToolCall> tools_;  // by their index
  bool has_reason_ = false;
};

class ChatProtocol : public Protocol {
 public:
  explicit ChatProtocol(Dialect dialect) : dialect_(dialect) {}

  std::string Refusal(const routing::ModelRequest& /*request*/) const override { return ""; }

  ProviderRequest Write(const routing::ModelRequest& request,
                        const WriteOptions& options) const override {
    const bool is_openai = dialect_ == Dialect::kOpenAi;
    json body = {{"model", options.model}};
    // developers.openai.com, "Create chat completion": max_tokens is deprecated there.
    body[is_openai ? "max_completion_tokens" : "max_tokens"] = request.max_output_tokens;
    json& messages = body["messages"] = json::array();
    if (!request.system.empty()) {
      messages.push_back({{"role", "system"}, {"content", request.system}});
    }
    for (const routing::Message& message : request.messages) AddMessage(message, messages);
    if (!is_openai && request.messages.back().role == routing::Role::kAssistant) {
      // docs.vllm.ai, "OpenAI-Compatible Server", extra parameters of the chat API.
      body["add_generation_prompt"] = false;
      body["continue_final_message"] = true;
    }
    if (!request.tools.empty()) {
      body["tools"] = ToolsOf(request);
      body["tool_choice"] = ChoiceOf(request.tool_choice, options.forces_tools);
    }
    if (request.temperature.has_value() && options.takes_temperature) {
      body["temperature"] = *request.temperature;
    }
    if (!request.stop.empty()) body["stop"] = request.stop;
    if (!request.answer_schema.empty() && options.takes_schema) {
      const json schema = ArgumentsOf(request.answer_schema);
      body["response_format"] = {
          {"type", "json_schema"},
          {"json_schema",
           {{"name", "answer"}, {"schema", schema}, {"strict", IsStrictSchema(schema)}}}};
    }
    if (options.is_stream) {
      body["stream"] = true;
      body["stream_options"] = {{"include_usage", true}};
    }
    return {"/v1/chat/completions", {{"content-type", "application/json"}}, ToText(body)};
  }

  net::HeaderField KeyField(std::string_view key) const override {
    return {"authorization", "Bearer " + std::string(key)};
  }

  absl::StatusOr<ProviderAnswer> Read(std::string_view body) const override {
    const auto completion = ParseObject(body);
    if (!completion.has_value()) return absl::DataLossError("the answer is not JSON");
    const json& choices = At(*completion, "choices");
    if (!choices.is_array() || choices.empty()) {
      return absl::DataLossError("the answer has no choices");
    }
    const json& message = At(choices[0], "message");
    if (!message.is_object()) return absl::DataLossError("the answer has no message");
    ProviderAnswer answer;
    answer.stop_reason = StopReasonOf(TextAt(choices[0], "finish_reason"));
    answer.text = TextAt(message, "content");
    if (const std::string refusal = TextAt(message, "refusal"); !refusal.empty()) {
      answer.text += refusal;
      answer.stop_reason = StopReason::kRefusal;
    }
    const json& calls = At(message, "tool_calls");
    if (calls.is_array()) {
      for (const json& call : calls) {
        const json& function = At(call, "function");
        std::string arguments = TextAt(function, "arguments");
        answer.tool_calls.push_back({CallId(TextAt(call, "id"), answer.tool_calls.size()),
                                     TextAt(function, "name"),
                                     arguments.empty() ? "{}" : std::move(arguments)});
      }
    }
    if (!answer.tool_calls.empty() && answer.stop_reason == StopReason::kEnd) {
      answer.stop_reason = StopReason::kToolCalls;
    }
    answer.model = TextAt(*completion, "model");
    AddUsage(At(*completion, "usage"), answer.usage);
    return answer;
  }

  std::unique_ptr<AnswerStream> NewStream() const override { return std::make_unique<Stream>(); }

  ProviderError ReadError(std::string_view body) const override {
    const auto error = ParseObject(body);
    return error.has_value() ? ErrorOf(*error) : ProviderError();
  }

 private:
  const Dialect dialect_;
};

}  // namespace

const Protocol& OpenAiChat() {
  static const ChatProtocol* const protocol = new ChatProtocol(Dialect::kOpenAi);
  return *protocol;
}

const Protocol& OpenAiCompatible() {
  static const ChatProtocol* const protocol = new ChatProtocol(Dialect::kCompatible);
  return *protocol;
}

}  // namespace datamigrate::providers
