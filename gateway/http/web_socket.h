// A WebSocket (RFC 6455) that tells its client what a stream brings, and takes nothing but control
// frames from it.
#ifndef DATAMIGRATE_GATEWAY_HTTP_WEB_SOCKET_H_
#define DATAMIGRATE_GATEWAY_HTTP_WEB_SOCKET_H_

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>

#include "gateway/http/client_stream.h"
#include "gateway/http/message.h"
#include "gateway/http/server.h"

namespace datamigrate::gateway {

// Close codes of our own (section 7.4.2).
inline constexpr uint16_t kCloseSignInAgain = 4401;  // the credential is not accepted any more

// Lives on the connection's I/O thread: every method is called there.
class WebSocket {
 public:
  virtual ~WebSocket() = default;

  // Answers the handshake with `response`'s fields, sends each piece of its stream as one text
  // message, and returns once both sides have said that they are done, or one of them is gone: the
  // connection must end then. What it says at its end:
  // 1000 after the stream's end, 1001 when the server drains or the stream has lasted long enough,
  // 1003 to a client that sends messages (1009 when they are large, 1002 and 1007 when they are
  // wrong), 1013 when the stream breaks, 4401 when its lease ends. A client that does not answer
  // pings, or takes a message too slowly, is cut: it would not read a word of ours.
  virtual boost::asio::awaitable<void> Run(
      const boost::beast::http::request<boost::beast::http::string_body>& handshake,
      Response response) = 0;

  // Makes Run end soon.
  virtual void Drain() = 0;
};

// `loop` as Connection's; the references must outlive the WebSocket.
std::unique_ptr<WebSocket> MakeWebSocket(ClientStream& stream, const ServerOptions& options,
                                         std::weak_ptr<void> loop);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_WEB_SOCKET_H_
