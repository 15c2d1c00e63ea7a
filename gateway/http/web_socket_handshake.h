// Requests that ask for a WebSocket (RFC 6455 section 4), as endpoints see them.
#ifndef DATAMIGRATE_GATEWAY_HTTP_WEB_SOCKET_HANDSHAKE_H_
#define DATAMIGRATE_GATEWAY_HTTP_WEB_SOCKET_HANDSHAKE_H_

#include <optional>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"

namespace datamigrate::gateway {

// A page's script cannot set Authorization on a WebSocket: it offers the token as a subprotocol,
// this and then the token, beside the one that it means. It is never what the server chooses.
inline constexpr std::string_view kTokenProtocol = "bearer.";

bool AsksForWebSocket(const Request& request);

// What a client offers, in its order; what is no token (RFC 9110 section 5.6.2) is left out. Valid
// as long as the request.
std::vector<std::string_view> ProtocolsOf(const Request& request);

// The token among them; nothing where there is none, or more than one.
std::optional<std::string_view> TokenProtocolOf(const Request& request);

// 101 for the handshake, which speaks `protocol` where the client offers that; else why it is
// refused: 426 for another version than 13, 400 for a key that is not 16 bytes in base64.
Response AnswerHandshake(const Request& request, std::string_view protocol);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_WEB_SOCKET_HANDSHAKE_H_
