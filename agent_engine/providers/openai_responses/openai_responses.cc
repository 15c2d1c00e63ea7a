#include "agent_engine/providers/openai_responses/openai_responses.h"

#include <utility>

#include "agent_engine/providers/event_reader.h"
#include "agent_engine/providers/json_text.h"

namespace datamigrate::providers {
namespace {

using nlohmann::json;
using routing::StopReason;

// Texts are messages; calls and their results are items beside them.
void AddItems(const routing::Message& message, json& items) {
  const bool is_user = message.role == routing::Role::kUser;
  for (const routing::Part& part : message.parts) {
    if (const auto* text = std::get_if<routing::TextPart>(&part)) {
      json content = json::array();
      content.push_back({{"type", is_user ? "input_text" : "output_text"}, {"text", text->text}});
      items.push_back({{"type", "message"},
                       {"role", is_user ? "user" : "assistant"},
                       {"content", std::move(content)}});
    } else if (const auto* call = std::get_if<routing::ToolCall>(&part)) {
      items.push_back({{"type", "function_call"},
                       {"call_id", call->id},
                       {"name", call->name},
                       {"arguments", ToText(ArgumentsOf(call->arguments))}});
    } else {
      const auto& result = std::get<routing::ToolResult>(part);
      items.push_back({{"type", "function_call_output"},
                       {"call_id", result.call_id},
                       {"output", result.is_error ? "error: " + result.text : result.text}});
    }
  }
}

json ToolsOf(const routing::ModelRequest& request) {
  json tools = json::array();
  for (const routing::ModelTool& tool : request.tools) {
    const json schema = ArgumentsOf(tool.parameters);
    tools.push_back({{"type", "function"},
                     {"name", tool.name},
                     {"description", tool.description},
                     {"parameters", schema},
                     {"strict", IsStrictSchema(schema)}});
  }
  return tools;
}

const char* ChoiceOf(routing::ToolChoice choice, bool forces_tools) {
  if (choice == routing::ToolChoice::kNone) return "none";
  return choice == routing::ToolChoice::kRequired && forces_tools ? "required" : "auto";
}

// Adds what one item of the output says.
void AddOutput(const json& item, ProviderAnswer& answer) {
  const std::string type = TextAt(item, "type");
  if (type == "function_call") {
    answer.tool_calls.push_back(
        {TextAt(item, "call_id"), TextAt(item, "name"), TextAt(item, "arguments")});
  }
  const json& content = At(item, "content");
  if (type != "message" || !content.is_array()) return;
  for (const json& part : content) {
    answer.text += TextAt(part, "text");
    if (TextAt(part, "type") == "refusal") {
      answer.text += TextAt(part, "refusal");
      answer.stop_reason = StopReason::kRefusal;
    }
  }
}

// Errors: kDataLoss for a response that has no output.
absl::StatusOr<ProviderAnswer> ReadResponse(const json& response) {
  const json& output = At(response, "output");
  if (!output.is_array()) return absl::DataLossError("the answer has no output");
  ProviderAnswer answer;
  for (const json& item : output) AddOutput(item, answer);
  if (!answer.tool_calls.empty()) answer.stop_reason = StopReason::kToolCalls;
  if (TextAt(response, "status") == "incomplete") {
    const bool is_refusal =
        TextAt(At(response, "incomplete_details"), "reason") == "content_filter";
    answer.stop_reason = is_refusal ? StopReason::kRefusal : StopReason::kMaxTokens;
  }
  answer.model = TextAt(response, "model");
  const json& usage = At(response, "usage");
  answer.usage.input = CountAt(usage, "input_tokens");
  answer.usage.output = CountAt(usage, "output_tokens");
  answer.usage.cached_input = CountAt(At(usage, "input_tokens_details"), "cached_tokens");
  return answer;
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
    if (data == "[DONE]") return absl::OkStatus();
    const auto event = ParseObject(data);
    if (!event.has_value()) return absl::DataLossError("an event of the stream is not JSON");
    const std::string type = TextAt(*event, "type");
    if (type == "response.output_text.delta" || type == "response.refusal.delta") {
      const std::string text = TextAt(*event, "delta");
      answer_.text += text;
      if (!text.empty() && !sink(text)) {
        return absl::CancelledError("the reader has ended the stream");
      }
    } else if (type == "response.created") {
      answer_.model = TextAt(At(*event, "response"), "model");
    } else if (type == "response.completed" || type == "response.incomplete") {
      return Finish(At(*event, "response"));
    } else if (type == "response.failed" || type == "error") {
      error_ = ErrorOf(type == "error" ? *event : At(*event, "response"));
      return absl::UnavailableError("the provider ended the stream with an error");
    }
    return absl::OkStatus();
  }

  // The last event repeats the whole; the text that was streamed counts.
  absl::Status Finish(const json& response) {
    absl::StatusOr<ProviderAnswer> whole = ReadResponse(response);
    if (!whole.ok()) return whole.status();
    if (whole->text != answer_.text) {
      return absl::DataLossError("the end of the stream does not repeat what was streamed");
    }
    answer_ = *std::move(whole);
    is_complete_ = true;
    return absl::OkStatus();
  }

  EventReader reader_;
  ProviderAnswer answer_;
  ProviderError error_;
  bool is_complete_ = false;
};

class ResponsesProtocol : public Protocol {
 public:
  std::string Refusal(const routing::ModelRequest& request) const override {
    return request.stop.empty() ? "" : "OpenAI's responses take no stop texts";
  }

  ProviderRequest Write(const routing::ModelRequest& request,
                        const WriteOptions& options) const override {
    json body = {{"model", options.model},
                 {"max_output_tokens", request.max_output_tokens},
                 {"store", false}};
    if (!request.system.empty()) body["instructions"] = request.system;
    json& input = body["input"] = json::array();
    for (const routing::Message& message : request.messages) AddItems(message, input);
    if (!request.tools.empty()) {
      body["tools"] = ToolsOf(request);
      body["tool_choice"] = ChoiceOf(request.tool_choice, options.forces_tools);
    }
    if (request.temperature.has_value() && options.takes_temperature) {
      body["temperature"] = *request.temperature;
    }
    if (!request.answer_schema.empty() && options.takes_schema) {
      const json schema = ArgumentsOf(request.answer_schema);
      body["text"]["format"] = {{"type", "json_schema"},
                                {"name", "answer"},
                                {"schema", schema},
                                {"strict", IsStrictSchema(schema)}};
    }
    if (options.is_stream) body["stream"] = true;
    return {"/v1/responses", {{"content-type", "application/json"}}, ToText(body)};
  }

  net::HeaderField KeyField(std::string_view key) const override {
    return {"authorization", "Bearer " + std::string(key)};
  }

  absl::StatusOr<ProviderAnswer> Read(std::string_view body) const override {
    const auto response = ParseObject(body);
    if (!response.has_value()) return absl::DataLossError("the answer is not JSON");
    if (TextAt(*response, "status") == "failed") {
      return absl::DataLossError("the provider says that the answer failed: " +
                                 ErrorOf(*response).type);
    }
    return ReadResponse(*response);
  }

  std::unique_ptr<AnswerStream> NewStream() const override { return std::make_unique<Stream>(); }

  ProviderError ReadError(std::string_view body) const override {
    const auto error = ParseObject(body);
    return error.has_value() ? ErrorOf(*error) : ProviderError();
  }
};

}  // namespace

const Protocol& OpenAiResponses() {
  static const ResponsesProtocol* const protocol = new ResponsesProtocol;
  return *protocol;
}

}  // namespace datamigrate::providers
