// One client's connection: requests in order, each answered before the next is read.
#ifndef DATAMIGRATE_GATEWAY_HTTP_CONNECTION_H_
#define DATAMIGRATE_GATEWAY_HTTP_CONNECTION_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/client_stream.h"
#include "gateway/http/response_head.h"
#include "gateway/http/server.h"
#include "gateway/http/service.h"
#include "gateway/http/web_socket.h"

namespace datamigrate::gateway {

// Lives on one I/O thread: every method is called there.
class Connection {
 public:
  // `loop` owns the event loop; whoever is to bring an answer from another thread holds it.
  // `options.tls`, where there is one, is asked for its present context.
  Connection(boost::asio::ip::tcp::socket socket, const ServerOptions& options, Service* service,
             std::weak_ptr<void> loop);

  // Serves until the client leaves, breaks the protocol or is too slow, or until drained.
  boost::asio::awaitable<void> Run();

  // Ends the connection when idle, else after the present answer. Streams that may end, end.
  void Drain();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using FileParser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;
  using ErrorCode = boost::system::error_code;

  // What the protocol alone finds wrong with a request.
  struct Refusal {
    int status;
    std::string_view detail;
  };
  static const Refusal kMalformed;
  static const Refusal kLargeHead;
  static const Refusal kTooLarge;
  static const Refusal kNoSpace;
  static const Refusal kNotTaken;

  // Outlives the connection in timer callbacks that are already on their way.
  struct Deadline {
    uint64_t number = 0;   // tells the present wait from the ones before it
    bool is_late = false;  // it has passed and cut an operation short
    std::chrono::steady_clock::time_point at;
    std::chrono::steady_clock::time_point awaited_until = kNever;  // no wait is longer than this
  };
  static constexpr auto kNever = std::chrono::steady_clock::time_point::max();

  // A piece that a stream has brought, and the timer that its arrival wakes.
  struct Arrival {
    explicit Arrival(boost::asio::any_io_executor executor) : timer(executor) {}
    boost::asio::steady_timer timer;
    std::optional<BodyStream::Piece> piece;
  };

  // The PROXY header of a listed proxy and the TLS handshake, where the options want them; false
  // when the connection must end.
  boost::asio::awaitable<bool> Begin();
  boost::asio::awaitable<bool> ReadProxyHeader();
  boost::asio::awaitable<bool> WaitForBytes();
  // Reads and answers one request; true when the connection can go on.
  boost::asio::awaitable<bool> ServeOne();
  // Reads until the head is whole and hands it to the parser. Status 0: the client has gone.
  boost::asio::awaitable<std::optional<Refusal>> ReadHead(Parser& parser);
  // Not for a parser that is done: most requests have no body.
  boost::asio::awaitable<std::optional<Refusal>> ReadBody(Parser& parser, const Request& head);
  // Has the request judged by its head and hands its body on in pieces; true when the connection
  // can go on.
  boost::asio::awaitable<bool> ServeFile(Parser& parser, Request head);
  // Nothing when all of it has arrived.
  boost::asio::awaitable<std::optional<Refusal>> ReceiveBody(FileParser& parser,
                                                             BodyReceiver& receiver,
                                                             bool expects_continue);
  boost::asio::awaitable<bool> Refuse(Request head, Refusal refusal);
  // Waits for what another thread brings: `start` is called with a function that takes it, once.
  template <typename Value, typename Start>
  boost::asio::awaitable<Value> Await(Start start);

  // Goes on as a WebSocket, after which nothing can follow.
  boost::asio::awaitable<void> ServeWebSocket(const Parser& parser, Response response);

  boost::asio::awaitable<bool> Send(Response response, bool keep_alive, bool is_head,
                                    unsigned version);
  boost::asio::awaitable<bool> SendStream(Response& response, bool is_chunked);
  // The stream's next piece; nothing when the stream must end here.
  boost::asio::awaitable<std::optional<BodyStream::Piece>> NextPiece(
      Response& response, bool is_chunked, std::chrono::steady_clock::time_point end);
  bool HasLeaseEnded(const Response& response);
  boost::asio::awaitable<bool> SendPiece(std::string_view piece, bool is_chunked);
  boost::asio::awaitable<bool> Write(std::string_view first, std::string_view second);
  // Half-closes and, when the client is still sending, reads on for a moment, so that the answer
  // is not lost to a reset.
  boost::asio::awaitable<void> Linger();
  // Tells the client that no more follows (RFC 8446 section 6.1), so that it cannot be cut unseen.
  boost::asio::awaitable<void> CloseTls();

  // Cancels what the socket is doing once `patience` is over, unless set again before that. One
  // wait serves many deadlines: it looks again at its end, so that most requests touch no timer.
  void SetDeadline(std::chrono::milliseconds patience);
  void AwaitDeadline(std::chrono::steady_clock::time_point until);

  static std::optional<Refusal> CheckHead(const Parser& parser, const Headers& headers);
  std::optional<Refusal> RefusalOf(ErrorCode error, bool in_body) const;

  const ServerOptions& options_;
  Service* const service_;
  const std::weak_ptr<void> loop_;
  ClientStream stream_;
  boost::asio::steady_timer timer_;
  const std::shared_ptr<Deadline> deadline_ = std::make_shared<Deadline>();
  boost::beast::flat_buffer buffer_;
  std::string remote_address_;        // of the peer, or as its PROXY header says
  std::shared_ptr<Arrival> arrival_;  // while a stream is sent
  std::chrono::steady_clock::time_point next_lease_check_ = kNever;
  std::unique_ptr<WebSocket> web_socket_;  // while there is one
  bool is_idle_ = false;
  bool is_draining_ = false;
  bool has_begun_ = false;   // the TLS handshake is over
  bool has_unread_ = false;  // a request was refused before its end
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_CONNECTION_H_
