#include "gateway/http/web_socket.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace datamigrate::gateway {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

// What Beast asks of a stream below a WebSocket, found by the stream's namespace. The connection
// ends TLS and the socket itself.
template <typename Handler>
void async_teardown(beast::role_type, ClientStream& stream, Handler&& handler) {
  asio::post(stream.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler),
                                                              boost::system::error_code()));
}

void beast_close_socket(ClientStream& stream) {
  boost::system::error_code ignored;
  stream.socket().close(ignored);
}

namespace {

using Clock = std::chrono::steady_clock;
using ErrorCode = boost::system::error_code;
using Handshake = beast::http::request<beast::http::string_body>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kLargestMessage = 4096;
constexpr std::chrono::seconds kCloseTime{5};

// Nothing packed (permessage-deflate): events are short, and a window is memory for each client.
constexpr bool kMayDeflate = false;

class BeastWebSocket : public WebSocket {
 public:
  BeastWebSocket(ClientStream& stream, const ServerOptions& options, std::weak_ptr<void> loop)
      : stream_(stream),
        options_(options),
        loop_(std::move(loop)),
        socket_(stream),
        state_(std::make_shared<State>(stream.get_executor())) {}

  asio::awaitable<void> Run(const Handshake& handshake, Response response) override {
    const bool is_open = co_await Accept(handshake, response);
    if (!is_open) co_return;
    asio::co_spawn(stream_.get_executor(), Read(), [state = state_](std::exception_ptr) {
      state->has_left = true;
      state->wake.cancel();
    });
    const std::optional<websocket::close_reason> reason = co_await Send(response);
    if (reason.has_value() && !state_->has_left) {
      SetDeadline(kCloseTime);
      co_await socket_.async_close(*reason, kAwait);
      ++state_->deadline_number;
    }
    // The reader uses what is ours.
    while (!state_->has_left) {
      ErrorCode ignored;
      stream_.socket().cancel(ignored);
      state_->wake.expires_after(kRepeatCancel);
      co_await state_->wake.async_wait(kAwait);
    }
  }

  void Drain() override {
    state_->is_draining = true;
    state_->wake.cancel();
  }

 private:
  static constexpr std::chrono::milliseconds kRepeatCancel{50};

  // Outlives the socket in what is on its way to it.
  struct State {
    explicit State(const asio::any_io_executor& executor) : wake(executor), deadline(executor) {}
    asio::steady_timer wake;  // of whoever waits for the next message
    asio::steady_timer deadline;
    uint64_t deadline_number = 0;  // tells the present deadline from the ones before it
    bool is_draining = false;
    bool has_left = false;    // the client has, or what it sent was no WebSocket's
    bool has_spoken = false;  // it sent a message
    std::optional<BodyStream::Piece> piece;
  };

  asio::awaitable<bool> Accept(const Handshake& handshake, const Response& response) {
    websocket::stream_base::timeout timeout;
    timeout.handshake_timeout = options_.write_timeout;
    timeout.idle_timeout = options_.web_socket_timeout;
    timeout.keep_alive_pings = true;
    socket_.set_option(timeout);
    socket_.set_option(
        websocket::stream_base::decorator([&response](websocket::response_type& answer) {
          for (const auto& [name, value] : response.headers.fields()) {
            answer.insert({name.data(), name.size()}, {value.data(), value.size()});
          }
        }));
    socket_.read_message_max(kLargestMessage);
    socket_.auto_fragment(false);
    socket_.text(true);
    const auto [error] = co_await socket_.async_accept(handshake, kAwait);
    co_return !error;
  }

  // Control frames are answered while this reads. Ends when the client has closed or is gone, or
  // has sent what it may not.
  asio::awaitable<void> Read() {
    beast::flat_buffer buffer;
    const auto [error, length] = co_await socket_.async_read(buffer, kAwait);
    if (error) co_return;
    state_->has_spoken = true;
    state_->wake.cancel();
    // Goes on for the client's close frame; what else comes is passed over.
    while (true) {
      buffer.clear();
      const auto [failed, more] = co_await socket_.async_read(buffer, kAwait);
      if (failed) co_return;
    }
  }

  // Why the socket is to be closed; nothing when nobody is there to hear it.
  asio::awaitable<std::optional<websocket::close_reason>> Send(Response& response) {
    const auto end = Clock::now() + response.longest_stream;
    while (true) {
      std::optional<websocket::close_reason> reason = co_await Wait(response, end);
      if (reason.has_value() || state_->has_left) {
        response.stream->Cancel();
        co_return reason;
      }
      BodyStream::Piece piece = *std::exchange(state_->piece, std::nullopt);
      if (!piece.ok()) {
        co_return websocket::close_reason(websocket::close_code::try_again_later,
                                          "the events broke off; come back for the rest");
      }
      if (!piece->has_value()) {
        co_return websocket::close_reason(websocket::close_code::normal, "that was all");
      }
      SetDeadline(options_.write_timeout);
      const auto [error, length] = co_await socket_.async_write(asio::buffer(**piece), kAwait);
      ++state_->deadline_number;
      if (error) co_return std::nullopt;
    }
  }

  // Until there is a piece, or a reason to end, or nobody to send it to.
  asio::awaitable<std::optional<websocket::close_reason>> Wait(Response& response,
                                                               Clock::time_point end) {
    auto executor = stream_.get_executor();
    // The state's timers belong to the loop, so the loop is captured first and released last.
    response.stream->Next([loop = loop_.lock(), state = state_, executor](BodyStream::Piece piece) {
      asio::post(executor, [state, piece = std::move(piece)]() mutable {
        state->piece = std::move(piece);
        state->wake.cancel();
      });
    });
    while (!state_->has_left) {
      if (std::optional<websocket::close_reason> reason = ReasonToEnd(response, end)) {
        co_return reason;
      }
      if (state_->piece.has_value()) break;
      state_->wake.expires_at(response.lease == nullptr ? end : std::min(end, next_lease_));
      co_await state_->wake.async_wait(kAwait);
    }
    co_return std::nullopt;
  }

  std::optional<websocket::close_reason> ReasonToEnd(const Response& response,
                                                     Clock::time_point end) {
    const auto now = Clock::now();
    if (state_->has_spoken) {
      return websocket::close_reason(websocket::close_code::unknown_data,
                                     "nothing is taken here but control frames");
    }
    if (state_->is_draining || now >= end) {
      return websocket::close_reason(websocket::close_code::going_away, "come back for the rest");
    }
    if (response.lease != nullptr && now >= next_lease_) {
      next_lease_ = now + options_.lease_interval;
      if (!response.lease->MayGoOn()) {
        return websocket::close_reason(static_cast<websocket::close_code>(kCloseSignInAgain),
                                       "sign in again");
      }
    }
    return std::nullopt;
  }

  // Cuts the connection after `patience`, unless the deadline's number has changed.
  void SetDeadline(std::chrono::milliseconds patience) {
    state_->deadline.expires_after(patience);
    state_->deadline.async_wait(
        [this, state = state_, number = ++state_->deadline_number](ErrorCode error) {
          if (error || number != state->deadline_number) return;  // `this` may be gone
          ErrorCode ignored;
          stream_.socket().close(ignored);
        });
  }

  ClientStream& stream_;
  const ServerOptions& options_;
  const std::weak_ptr<void> loop_;
  websocket::stream<ClientStream&, kMayDeflate> socket_;
  const std::shared_ptr<State> state_;
  Clock::time_point next_lease_ = Clock::now() + options_.lease_interval;
};

}  // namespace

std::unique_ptr<WebSocket> MakeWebSocket(ClientStream& stream, const ServerOptions& options,
                                         std::weak_ptr<void> loop) {
  return std::make_unique<BeastWebSocket>(stream, options, std::move(loop));
}

}  // namespace datamigrate::gateway
