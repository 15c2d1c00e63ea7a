#include "agent_engine/providers/ollama/ollama.h"

#include <map>
#include <utility>

#include "agent_engine/providers/event_reader.h"
#include "agent_engine/providers/json_text.h"

namespace datamigrate::providers {
namespace {

using nlohmann::json;
using routing::StopReason;

// Results name the tool, not the call, so names are looked up by the calls before them.
class MessageWriter {
 public:
  void Add(const routing::Message& message) {
    std::string text;
    json calls = json::array();
    for (const routing::Part& part : message.parts) {
      if (const auto* words = std::get_if<routing::TextPart>(&part)) {
        text += words->text;
      } else if (const auto* call = std::get_if<routing::ToolCall>(&part)) {
        names_[call->id] = call->name;
        calls.push_back(
            {{"function", {{"name", call->name}, {"arguments", ArgumentsOf(call->arguments)}}}});
      } else {
        const auto& result = std::get<routing::ToolResult>(part);
        messages_.push_back({{"role", "tool"},
                             {"tool_name", names_[result.call_id]},
                             {"content", result.is_error ? "error: " + result.text : result.text}});
      }
    }
    if (text.empty() && calls.empty()) return;
    const char* role = message.role == routing::Role::kUser ? "user" : "assistant";
    json written = {{"role", role}, {"content", text}};
    if (!calls.empty()) written["tool_calls"] = std::move(calls);
    messages_.push_back(std::move(written));
  }

  void AddSystem(const std::string& text) {
    messages_.push_back({{"role", "system"}, {"content", text}});
  }

  json Take() { return std::move(messages_); }

 private:
  json messages_ = json::array();
  std::map<std::string, std::string> names_;
};

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

// Adds one object of the answer, the whole one or a line of a stream; its text is returned.
std::string AddObject(const json& object, ProviderAnswer& answer) {
  const json& message = At(object, "message");
  const json& calls = At(message, "tool_calls");
  if (calls.is_array()) {
    for (const json& call : calls) {
      const json& function = At(call, "function");
      std::string id = TextAt(call, "id");
      if (id.empty()) id = "call_" + std::to_string(answer.tool_calls.size());
      answer.tool_calls.push_back(
          {std::move(id), TextAt(function, "name"), ToText(At(function, "arguments"))});
    }
  }
  if (answer.model.empty()) answer.model = TextAt(object, "model");
  std::string text = TextAt(message, "content");
  answer.text += text;
  return text;
}

void AddEnd(const json& object, ProviderAnswer& answer) {
  if (TextAt(object, "done_reason") == "length") {
    answer.stop_reason = StopReason::kMaxTokens;
  } else if (!answer.tool_calls.empty()) {
    answer.stop_reason = StopReason::kToolCalls;
  }
  answer.usage.input = CountAt(object, "prompt_eval_count");
  answer.usage.output = CountAt(object, "eval_count");
}

bool IsDone(const json& object) {
  return At(object, "done").is_boolean() && At(object, "done").get<bool>();
}

class Stream : public AnswerStream {
 public:
  absl::Status Feed(std::string_view bytes, const TextSink& sink) override {
    return reader_.Feed(bytes, [&](std::string_view line) { return Take(line, sink); });
  }

  absl::Status End() override {
    // The last line's end may be missing.
    if (!is_complete_ && !reader_.rest().empty()) {
      if (const auto object = ParseObject(reader_.rest()); object.has_value() && IsDone(*object)) {
        AddObject(*object, answer_);
        AddEnd(*object, answer_);
        is_complete_ = TextAt(At(*object, "message"), "content").empty();
      }
    }
    if (is_complete_) return absl::OkStatus();
    return absl::UnavailableError("the stream was cut before its end");
  }

  const ProviderAnswer& answer() const override { return answer_; }
  const ProviderError& error() const override { return error_; }

 private:
  absl::Status Take(std::string_view line, const TextSink& sink) {
    if (line.empty()) return absl::OkStatus();
    const auto object = ParseObject(line);
    if (!object.has_value()) return absl::DataLossError("a line of the stream is not JSON");
    if (!At(*object, "error").is_null()) {
      error_ = ErrorOf(*object);
      return absl::UnavailableError("the provider ended the stream with an error");
    }
    const std::string text = AddObject(*object, answer_);
    if (IsDone(*object)) {
      AddEnd(*object, answer_);
      is_complete_ = true;
    }
    if (text.empty() || sink(text)) return absl::OkStatus();
    return absl::CancelledError("the reader has ended the stream");
  }

  LineReader reader_;
  ProviderAnswer answer_;
  ProviderError error_;
  bool is_complete_ = false;
};

class OllamaProtocol : public Protocol {
 public:
  std::string Refusal(const routing::ModelRequest& request) const override {
    // docs.ollama.com has no field for it.
    const bool is_forced =
        !request.tools.empty() && request.tool_choice == routing::ToolChoice::kRequired;
    return is_forced ? "Ollama cannot be made to call a tool" : "";
  }

  ProviderRequest Write(const routing::ModelRequest& request,
                        const WriteOptions& options) const override {
    MessageWriter messages;
    if (!request.system.empty()) messages.AddSystem(request.system);
    for (const routing::Message& message : request.messages) messages.Add(message);
    // Without num_ctx Ollama cuts long requests in silence, to what its own settings say.
    json settings = {{"num_predict", request.max_output_tokens}};
    if (options.context_tokens > 0) settings["num_ctx"] = options.context_tokens;
    if (request.temperature.has_value() && options.takes_temperature) {
      settings["temperature"] = *request.temperature;
    }
    if (!request.stop.empty()) settings["stop"] = request.stop;
    json body = {{"model", options.model},
                 {"messages", messages.Take()},
                 {"options", std::move(settings)},
                 {"stream", options.is_stream}};
    if (!request.tools.empty() && request.tool_choice != routing::ToolChoice::kNone) {
      body["tools"] = ToolsOf(request);
    }
    if (!request.answer_schema.empty() && options.takes_schema) {
      body["format"] = ArgumentsOf(request.answer_schema);
    }
    return {"/api/chat", {{"content-type", "application/json"}}, ToText(body)};
  }

  net::HeaderField KeyField(std::string_view key) const override {
    return {"authorization", "Bearer " + std::string(key)};
  }

  absl::StatusOr<ProviderAnswer> Read(std::string_view body) const override {
    const auto object = ParseObject(body);
    if (!object.has_value()) return absl::DataLossError("the answer is not JSON");
    if (!At(*object, "message").is_object()) {
      return absl::DataLossError("the answer has no message");
    }
    if (!IsDone(*object)) return absl::DataLossError("the answer is not complete");
    ProviderAnswer answer;
    AddObject(*object, answer);
    AddEnd(*object, answer);
    return answer;
  }

  std::unique_ptr<AnswerStream> NewStream() const override { return std::make_unique<Stream>(); }

  ProviderError ReadError(std::string_view body) const override {
    const auto error = ParseObject(body);
    return error.has_value() ? ErrorOf(*error) : ProviderError();
  }
};

}  // namespace

const Protocol& Ollama() {
  static const OllamaProtocol* const protocol = new OllamaProtocol;
  return *protocol;
}

}  // namespace datamigrate::providers
