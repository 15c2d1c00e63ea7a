#include "gateway/http/web_socket_handshake.h"

#include <algorithm>
#include <string>

#include "gateway/http/field_value.h"
#include "gateway/http/problem.h"

namespace datamigrate::gateway {
namespace {

constexpr size_t kKeyLength = 24;  // of 16 bytes in base64, "==" among them

std::vector<std::string_view> ElementsOf(std::string_view list) {
  std::vector<std::string_view> elements;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view element = Trim(list.substr(0, comma));
    list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
    if (!element.empty()) elements.push_back(element);
  }
  return elements;
}

bool HasElement(std::string_view list, std::string_view wanted) {
  return std::ranges::any_of(ElementsOf(list),
                             [&](std::string_view one) { return IsSameName(one, wanted); });
}

// RFC 9110 section 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != kMarks.npos;
  });
}

bool IsKey(std::string_view key) {
  const auto is_base64 = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return key.size() == kKeyLength && key.ends_with("==") &&
         std::ranges::all_of(key.substr(0, kKeyLength - 2), is_base64);
}

}  // namespace

bool AsksForWebSocket(const Request& request) {
  return request.method == "GET" && HasElement(request.headers.Get("Upgrade"), "websocket") &&
         HasElement(request.headers.Get("Connection"), "upgrade");
}

std::vector<std::string_view> ProtocolsOf(const Request& request) {
  std::vector<std::string_view> protocols;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!IsSameName(name, "Sec-WebSocket-Protocol")) continue;
    for (const std::string_view one : ElementsOf(value)) {
      if (IsToken(one)) protocols.push_back(one);
    }
  }
  return protocols;
}

std::optional<std::string_view> TokenProtocolOf(const Request& request) {
  std::optional<std::string_view> token;
  for (const std::string_view protocol : ProtocolsOf(request)) {
    if (!protocol.starts_with(kTokenProtocol)) continue;
    if (token.has_value()) return std::nullopt;
    token = protocol.substr(kTokenProtocol.size());
  }
  return token;
}

Response AnswerHandshake(const Request& request, std::string_view protocol) {
  if (request.headers.Get("Sec-WebSocket-Version") != "13" ||
      request.headers.Count("Sec-WebSocket-Version") != 1) {
    Response response =
        Problem(request, 426, "Only version 13 of the WebSocket protocol is spoken here.");
    response.headers.Set("Sec-WebSocket-Version", "13");
    response.headers.Set("Upgrade", "websocket");
    return response;
  }
  if (request.headers.Count("Sec-WebSocket-Key") != 1 ||
      !IsKey(request.headers.Get("Sec-WebSocket-Key"))) {
    return Problem(request, 400, "Sec-WebSocket-Key must be 16 bytes in base64.");
  }
  Response response;
  response.status = 101;
  const auto offered = ProtocolsOf(request);
  if (std::ranges::find(offered, protocol) != offered.end()) {
    response.headers.Set("Sec-WebSocket-Protocol", protocol);
  }
  response.is_web_socket = true;
  return response;
}

}  // namespace datamigrate::gateway
