// The bytes between a client and the server: plain or through TLS.
#ifndef DATAMIGRATE_GATEWAY_HTTP_CLIENT_STREAM_H_
#define DATAMIGRATE_GATEWAY_HTTP_CLIENT_STREAM_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace datamigrate::gateway {

// An AsyncReadStream and AsyncWriteStream as Asio and Beast ask for. Used on one thread.
class ClientStream {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using executor_type = Socket::executor_type;

  // Plain where `tls` is null. With TLS the handshake comes first.
  ClientStream(Socket socket, std::shared_ptr<boost::asio::ssl::context> tls)
      : tls_context_(std::move(tls)), socket_(std::move(socket)) {
    if (tls_context_ != nullptr) tls_.emplace(socket_, *tls_context_);
  }

  bool is_tls() const { return tls_.has_value(); }
  Socket& socket() { return socket_; }
  const Socket& socket() const { return socket_; }
  // Only with TLS.
  boost::asio::ssl::stream<Socket&>& tls() { return *tls_; }

  executor_type get_executor() { return socket_.get_executor(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (tls_.has_value()) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }

  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_.has_value()) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return socket_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  std::shared_ptr<boost::asio::ssl::context> tls_context_;  // as long as the session
  Socket socket_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_CLIENT_STREAM_H_
