// Asks one model over the network, without an engine, and prints the answer as JSON: what
// tests/providers/run drives.
//
//   provider_ask ROUTES.yaml REQUEST.json [stream]
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "agent_engine/routing/clock.h"
#include "agent_engine/routing/key_source.h"
#include "agent_engine/routing/router.h"
#include "common/net/curl_transport.h"
#include "common/text/text.h"

namespace {

using nlohmann::json;
namespace routing = datamigrate::routing;

std::string ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// {"task", "system", "prompt", "tools": [{"name", "description", "parameters"}], "call", "result",
// "schema"}: what is not there is left out.
routing::ModelRequest RequestOf(const json& text) {
  routing::ModelRequest request;
  request.system = text.value("system", "");
  request.cache_system = !request.system.empty();
  request.messages = {routing::UserMessage(text.value("prompt", ""))};
  for (const json& tool : text.value("tools", json::array())) {
    request.tools.push_back({tool.value("name", ""), tool.value("description", ""),
                             tool.value("parameters", json::object()).dump()});
  }
  if (text.contains("call")) {
    const json& call = text["call"];
    request.messages.push_back(
        {routing::Role::kAssistant,
         {routing::ToolCall{call.value("id", ""), call.value("name", ""),
                            call.value("arguments", json::object()).dump()}}});
    request.messages.push_back(
        {routing::Role::kUser,
         {routing::ToolResult{call.value("id", ""), text.value("result", ""), false}}});
  }
  if (text.contains("schema")) request.answer_schema = text["schema"].dump();
  if (text.contains("temperature")) request.temperature = text["temperature"].get<double>();
  if (text.contains("stop")) request.stop = {text["stop"].get<std::string>()};
  return request;
}

json ToJson(const routing::ModelAnswer& answer) {
  json calls = json::array();
  for (const routing::ToolCall& call : answer.tool_calls) {
    calls.push_back({{"name", call.name}, {"arguments", json::parse(call.arguments)}});
  }
  return {{"text", answer.text},
          {"tool_calls", calls},
          {"stop_reason", std::string(NameOf(answer.stop_reason))},
          {"provider_model", answer.provider_model},
          {"input", answer.usage.input},
          {"output", answer.usage.output},
          {"is_estimated", answer.usage.is_estimated},
          {"cost", answer.cost_microdollars}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: provider_ask ROUTES.yaml REQUEST.json [stream]\n");
    return 2;
  }
  auto routes = routing::ParseRoutes(ReadFile(argv[1]), argv[1]);
  if (!routes.ok()) {
    fmt::print(stderr, "{}\n", datamigrate::text::MessageOf(routes.status()));
    return 2;
  }
  const json text = json::parse(ReadFile(argv[2]));
  datamigrate::net::CurlTransport transport;
  routing::KeyReader keys(&routing::SystemClock());
  routing::RouterParts parts;
  parts.transport = &transport;
  parts.clock = &routing::SystemClock();
  parts.keys = &keys;
  routing::Router router(*std::move(routes), parts);
  routing::CallContext context;
  context.task = text.value("task", "");
  context.timeout = absl::Seconds(60);
  std::string given;
  int pieces = 0;
  const auto answer = argc > 3
                          ? router.Stream(RequestOf(text), context,
                                          [&](const routing::StreamPiece& piece) {
                                            if (piece.kind == routing::StreamPiece::Kind::kRestart)
                                              given.clear();
                                            given += piece.text;
                                            ++pieces;
                                            return true;
                                          })
                          : router.Complete(RequestOf(text), context);
  json result;
  if (answer.ok()) {
    result = ToJson(*answer);
    result["pieces"] = pieces;
    if (argc > 3) result["given"] = given;
  } else {
    result["error"] = datamigrate::text::MessageOf(answer.status());
    result["cause"] = std::string(NameOf(*routing::CauseOf(answer.status())));
  }
  fmt::print("{}\n", result.dump());
  return 0;
}
