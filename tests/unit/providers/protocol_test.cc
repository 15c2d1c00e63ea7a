// What all protocols have in common: streams are the same however they are cut, and what is cut is
// told.
#include "agent_engine/providers/protocol.h"

#include <catch2/catch.hpp>

#include "agent_engine/providers/json_text.h"

namespace datamigrate::providers {
namespace {

using routing::StopReason;

// Of each protocol the same answer: text, a tool call, usage.
struct Spoken {
  const char* protocol;
  std::string whole;
  std::string stream;
};

const std::vector<Spoken>& AllSpoken() {
  static const auto* const all = new std::vector<Spoken>{
      {"anthropic",
       R"({"model":"m","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"so"},)"
       R"({"type":"tool_use","id":"t1","name":"look","input":{"at":1}}],"stop_reason":"tool_use",)"
       R"("usage":{"input_tokens":7,"cache_read_input_tokens":3,"output_tokens":5}})",
       "event: message_start\ndata: "
       "{\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":"
       "{\"input_tokens\":7,\"cache_read_input_tokens\":3,\"output_tokens\":1}}}\n\n"
       "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
       "\"content_block\":{\"type\":\"thinking\"}}\n\n"
       "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\","
       "\"thinking\":\"hm\"}}\n\n"
       "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\","
       "\"text\":\"\"}}\n\n"
       "data: "
       "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":"
       "\"s\"}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
       "\"text_delta\",\"text\":\"o\"}}\n\n"
       "data: "
       "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\","
       "\"id\":\"t1\",\"name\":\"look\",\"input\":{}}}\n\n"
       "data: "
       "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\","
       "\"partial_json\":\"{\\\"at\\\"\"}}\n\n"
       "data: "
       "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\","
       "\"partial_json\":\":1}\"}}\n\n"
       "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":"
       "{\"output_tokens\":5}}\n\ndata: {\"type\":\"message_stop\"}\n\n"},
      {"openai",
       R"({"model":"m","choices":[{"message":{"content":"so","tool_calls":[{"id":"t1","type":)"
       R"("function","function":{"name":"look","arguments":"{\"at\":1}"}}]},"finish_reason":)"
       R"("tool_calls"}],"usage":{"prompt_tokens":10,"completion_tokens":5,)"
       R"("prompt_tokens_details":{"cached_tokens":3}}})",
       "data: "
       "{\"model\":\"m\",\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
       "data: {\"choices\":[{\"delta\":{\"content\":\"so\"}}]}\n\n"
       "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"function\":"
       "{\"name\":\"look\",\"arguments\":\"\"}}]}}]}\n\n"
       "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
       "\"{\\\"at\\\"\"}}]}}]}\n\n"
       "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
       "\":1}\"}}]}}]}\n\n"
       "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
       "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,"
       "\"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\ndata: [DONE]\n\n"},
      {"openai_responses",
       R"({"model":"m","status":"completed","output":[{"type":"reasoning"},{"type":"message",)"
       R"("content":[{"type":"output_text","text":"so"}]},{"type":"function_call","call_id":"t1",)"
       R"("name":"look","arguments":"{\"at\":1}"}],"usage":{"input_tokens":10,"output_tokens":5,)"
       R"("input_tokens_details":{"cached_tokens":3}}})",
       "event: response.created\ndata: "
       "{\"type\":\"response.created\",\"response\":{\"model\":\"m\"}}\n\n"
       "data: {\"type\":\"response.output_text.delta\",\"delta\":\"s\"}\n\n"
       "data: {\"type\":\"response.output_text.delta\",\"delta\":\"o\"}\n\n"
       "data: "
       "{\"type\":\"response.completed\",\"response\":{\"model\":\"m\",\"status\":\"completed\","
       "\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"so\"}]}"
       ","
       "{\"type\":\"function_call\",\"call_id\":\"t1\",\"name\":\"look\",\"arguments\":\"{"
       "\\\"at\\\":1}\"}],"
       "\"usage\":{\"input_tokens\":10,\"output_tokens\":5,\"input_tokens_details\":"
       "{\"cached_tokens\":3}}}}\n\n"},
      {"ollama",
       R"({"model":"m","message":{"role":"assistant","content":"so","tool_calls":[{"id":"t1",)"
       R"("function":{"name":"look","arguments":{"at":1}}}]},"done":true,"done_reason":"stop",)"
       R"("prompt_eval_count":10,"eval_count":5})",
       "{\"model\":\"m\",\"message\":{\"content\":\"s\"},\"done\":false}\n"
       "{\"model\":\"m\",\"message\":{\"content\":\"o\"},\"done\":false}\n"
       "{\"model\":\"m\",\"message\":{\"content\":\"\",\"tool_calls\":[{\"id\":\"t1\",\"function\":"
       "{\"name\":\"look\",\"arguments\":{\"at\":1}}}]},\"done\":false}\n"
       "{\"model\":\"m\",\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\","
       "\"prompt_eval_count\":10,\"eval_count\":5}\n"},
  };
  return *all;
}

void CheckAnswer(const Spoken& spoken, const ProviderAnswer& answer) {
  CHECK(answer.text == "so");
  CHECK(answer.model == "m");
  CHECK(answer.stop_reason == StopReason::kToolCalls);
  REQUIRE(answer.tool_calls.size() == 1);
  CHECK(answer.tool_calls[0] == routing::ToolCall{"t1", "look", "{\"at\":1}"});
  CHECK(answer.usage.input == 10);
  CHECK(answer.usage.output == 5);
  CHECK(answer.usage.cached_input == (spoken.protocol == std::string("ollama") ? 0 : 3));
}

TEST_CASE("A whole answer is read", "[providers]") {
  for (const Spoken& spoken : AllSpoken()) {
    INFO(spoken.protocol);
    const auto answer = ProtocolNamed(spoken.protocol)->Read(spoken.whole);
    REQUIRE(answer.ok());
    CheckAnswer(spoken, *answer);
  }
}

TEST_CASE("A stream is read the same however it is cut into pieces", "[providers]") {
  for (const Spoken& spoken : AllSpoken()) {
    for (const size_t piece :
         {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{50}, size_t{100000}}) {
      INFO(spoken.protocol << " by " << piece);
      const auto stream = ProtocolNamed(spoken.protocol)->NewStream();
      std::string given;
      for (size_t at = 0; at < spoken.stream.size(); at += piece) {
        const absl::Status fed = stream->Feed(std::string_view(spoken.stream).substr(at, piece),
                                              [&](std::string_view text) {
                                                given += text;
                                                return true;
                                              });
        REQUIRE(fed.ok());
      }
      REQUIRE(stream->End().ok());
      CHECK(given == "so");
      CheckAnswer(spoken, stream->answer());
    }
  }
}

TEST_CASE("A stream that is cut anywhere is never taken for a whole one", "[providers]") {
  for (const Spoken& spoken : AllSpoken()) {
    for (size_t cut = 0; cut < spoken.stream.size(); ++cut) {
      const auto stream = ProtocolNamed(spoken.protocol)->NewStream();
      std::string given;
      const absl::Status fed =
          stream->Feed(std::string_view(spoken.stream).substr(0, cut), [&](std::string_view text) {
            given += text;
            return true;
          });
      REQUIRE(fed.ok());
      INFO(spoken.protocol << " cut at " << cut);
      if (!stream->End().ok()) continue;
      // All of the answer was there; what its usage was may have been cut.
      CHECK(given == "so");
      REQUIRE(stream->answer().tool_calls.size() == 1);
      CHECK(stream->answer().tool_calls[0].arguments == "{\"at\":1}");
    }
  }
}

TEST_CASE("No cut body is taken for an answer", "[providers]") {
  for (const Spoken& spoken : AllSpoken()) {
    for (size_t cut = 0; cut < spoken.whole.size(); ++cut) {
      CHECK_FALSE(ProtocolNamed(spoken.protocol)->Read(spoken.whole.substr(0, cut)).ok());
    }
  }
}

TEST_CASE("What is no answer is refused and ends the process never", "[providers]") {
  for (const Spoken& spoken : AllSpoken()) {
    const Protocol& protocol = *ProtocolNamed(spoken.protocol);
    for (const char* body :
         {"", "null", "[]", "{}", "1", "\"x\"", "{\"choices\":[]}", "{\"choices\":{}}",
          "{\"choices\":[1]}", "{\"content\":1}", "{\"output\":{}}", "<html>", "{\"message\":[]}",
          "{\"error\":{\"message\":\"no\"}}"}) {
      INFO(spoken.protocol << " " << body);
      CHECK_FALSE(protocol.Read(body).ok());
      (void)protocol.ReadError(body);
      const auto stream = protocol.NewStream();
      (void)stream->Feed(std::string("data: ") + body + "\n\n",
                         [](std::string_view) { return true; });
      (void)stream->Feed(std::string(body) + "\n", [](std::string_view) { return true; });
      CHECK_FALSE(stream->End().ok());
    }
  }
}

TEST_CASE("An error in a stream is told with its type", "[providers]") {
  const auto error_of = [](const char* protocol, const char* bytes) {
    const auto stream = ProtocolNamed(protocol)->NewStream();
    CHECK(stream->Feed(bytes, [](std::string_view) { return true; }).code() ==
          absl::StatusCode::kUnavailable);
    return stream->error();
  };
  CHECK(
      error_of(
          "anthropic",
          "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n")
          .type == "overloaded_error");
  CHECK(error_of("openai", "data: {\"error\":{\"code\":\"server_error\"}}\n\n").type ==
        "server_error");
  CHECK(
      error_of("openai_responses",
               "data: "
               "{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\"}}}"
               "\n\n")
          .type == "server_error");
  CHECK(error_of("ollama", "{\"error\":\"out of memory\"}\n").message == "out of memory");
}

// ---- requests ----

routing::ModelRequest FullRequest() {
  routing::ModelRequest request;
  request.system = "rules";
  request.cache_system = true;
  request.messages = {routing::UserMessage("look"),
                      {routing::Role::kAssistant,
                       {routing::TextPart{"I do"}, routing::ToolCall{"t1", "look", "{\"at\":1}"}}},
                      {routing::Role::kUser, {routing::ToolResult{"t1", "nothing", true}}}};
  request.tools = {
      {"look", "looks", R"({"type":"object","properties":{"at":{"type":"integer"}}})"}};
  request.tool_choice = routing::ToolChoice::kRequired;
  request.answer_schema = R"({"type":"object"})";
  request.max_output_tokens = 99;
  request.temperature = 0.5;
  return request;
}

nlohmann::json Written(const char* protocol, const routing::ModelRequest& request,
                       WriteOptions options = {}) {
  options.model = "m";
  return *ParseJson(ProtocolNamed(protocol)->Write(request, options).body);
}

TEST_CASE("Anthropic's request has its blocks, marks and headers", "[providers][anthropic]") {
  const nlohmann::json body = Written("anthropic", FullRequest());
  CHECK(body == *ParseJson(R"({"model":"m","max_tokens":99,"temperature":0.5,
    "system":[{"type":"text","text":"rules","cache_control":{"type":"ephemeral"}}],
    "messages":[{"role":"user","content":[{"type":"text","text":"look"}]},
      {"role":"assistant","content":[{"type":"text","text":"I do"},
        {"type":"tool_use","id":"t1","name":"look","input":{"at":1}}]},
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"nothing",
        "is_error":true}]}],
    "tools":[{"name":"look","description":"looks",
      "input_schema":{"type":"object","properties":{"at":{"type":"integer"}}}}],
    "tool_choice":{"type":"any"},
    "output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}})"));
  WriteOptions modest;
  modest.takes_temperature = modest.forces_tools = modest.takes_schema = false;
  modest.is_stream = true;
  const nlohmann::json plain = Written("anthropic", FullRequest(), modest);
  CHECK_FALSE(plain.contains("temperature"));
  CHECK_FALSE(plain.contains("output_config"));
  CHECK(plain["tool_choice"]["type"] == "auto");
  CHECK(plain["stream"] == true);
  CHECK(ProtocolNamed("anthropic")->KeyField("k").name == "x-api-key");
}

TEST_CASE("OpenAI's request has its messages and tools", "[providers][openai]") {
  const nlohmann::json body = Written("openai", FullRequest());
  CHECK(body == *ParseJson(R"({"model":"m","max_completion_tokens":99,"temperature":0.5,
    "messages":[{"role":"system","content":"rules"},{"role":"user","content":"look"},
      {"role":"assistant","content":"I do","tool_calls":[{"id":"t1","type":"function",
        "function":{"name":"look","arguments":"{\"at\":1}"}}]},
      {"role":"tool","tool_call_id":"t1","content":"error: nothing"}],
    "tools":[{"type":"function","function":{"name":"look","description":"looks",
      "parameters":{"type":"object","properties":{"at":{"type":"integer"}}}}}],
    "tool_choice":"required",
    "response_format":{"type":"json_schema","json_schema":{"name":"answer",
      "schema":{"type":"object"},"strict":false}}})"));
  WriteOptions streaming;
  streaming.is_stream = true;
  CHECK(Written("openai", FullRequest(), streaming)["stream_options"]["include_usage"] == true);
  CHECK(Written("vllm", FullRequest())["max_tokens"] == 99);
  CHECK(ProtocolNamed("openai")->KeyField("k").value == "Bearer k");
}

TEST_CASE("The request for responses has items and keeps nothing there", "[providers][openai]") {
  const nlohmann::json body = Written("openai_responses", FullRequest());
  CHECK(body["instructions"] == "rules");
  CHECK(body["store"] == false);
  CHECK(body["max_output_tokens"] == 99);
  REQUIRE(body["input"].size() == 4);
  CHECK(body["input"][2] == *ParseJson(R"({"type":"function_call","call_id":"t1","name":"look",
                                           "arguments":"{\"at\":1}"})"));
  CHECK(body["input"][3]["type"] == "function_call_output");
  CHECK(body["text"]["format"]["name"] == "answer");
  routing::ModelRequest with_stop = FullRequest();
  with_stop.stop = {"END"};
  CHECK(ProtocolNamed("openai_responses")->Refusal(with_stop) != "");
}

TEST_CASE("Ollama is told how much context the request needs", "[providers][ollama]") {
  WriteOptions options;
  options.context_tokens = 8192;
  const nlohmann::json body = Written("ollama", FullRequest(), options);
  CHECK(body["options"] == *ParseJson(R"({"num_predict":99,"num_ctx":8192,"temperature":0.5})"));
  CHECK(body["stream"] == false);
  CHECK(body["format"] == *ParseJson(R"({"type":"object"})"));
  CHECK(body["messages"][3] ==
        *ParseJson(R"({"role":"tool","tool_name":"look","content":"error: nothing"})"));
  CHECK(ProtocolNamed("ollama")->Refusal(FullRequest()) != "");
}

TEST_CASE("Why a model stopped is told in every protocol's words", "[providers]") {
  const auto reason = [](const char* protocol, const char* body) {
    return ProtocolNamed(protocol)->Read(body)->stop_reason;
  };
  CHECK(reason("anthropic", R"({"content":[],"stop_reason":"max_tokens"})") ==
        StopReason::kMaxTokens);
  CHECK(reason("anthropic", R"({"content":[],"stop_reason":"refusal"})") == StopReason::kRefusal);
  CHECK(reason("anthropic", R"({"content":[],"stop_reason":"stop_sequence"})") ==
        StopReason::kStopText);
  CHECK(reason("openai", R"({"choices":[{"message":{},"finish_reason":"length"}]})") ==
        StopReason::kMaxTokens);
  CHECK(reason("openai", R"({"choices":[{"message":{"refusal":"no"},"finish_reason":"stop"}]})") ==
        StopReason::kRefusal);
  CHECK(
      reason(
          "openai_responses",
          R"({"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]})") ==
      StopReason::kMaxTokens);
  CHECK(reason("ollama", R"({"message":{},"done":true,"done_reason":"length"})") ==
        StopReason::kMaxTokens);
}

}  // namespace
}  // namespace datamigrate::providers
