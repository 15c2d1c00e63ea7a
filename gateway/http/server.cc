#include "gateway/http/server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gateway/http/connection.h"

namespace datamigrate::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kPauseWithoutFiles{100};

constexpr std::string_view kTooManyConnections =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    "Retry-After: 1\r\nContent-Length: 109\r\nConnection: close\r\n\r\n"
    R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Too many connections; try again."})";

// Counts what is open, and wakes whoever waits for none. Standard locks: Debian's abseil is not
// built for the thread sanitizer, under which this server is tested.
class OpenCount {
 public:
  int Add(int change) {
    std::lock_guard lock(mutex_);
    count_ += change;
    if (count_ == 0) none_.notify_all();
    return count_;
  }
  int Value() const {
    std::lock_guard lock(mutex_);
    return count_;
  }
  bool AwaitNone(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return none_.wait_for(lock, patience, [this] { return count_ == 0; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;  // guarded by mutex_
};

// One thread with an event loop, a listener and the connections that live on it.
struct IoThread {
  void EndTurn() {
    for (const auto& function : std::exchange(after_turn, {})) function();
  }

  std::unordered_set<Connection*> connections;  // touched on this thread only
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::vector<std::function<void()>> after_turn;  // touched on this thread, then by Stop
  std::thread thread;
};

// The one that the calling thread runs.
thread_local IoThread* this_io_thread = nullptr;

// All the loops of a server. They go together, as a connection may outlive the server.
struct IoThreads {
  explicit IoThreads(int count) {
    for (int i = 0; i < count; ++i) all.push_back(std::make_unique<IoThread>());
  }
  std::vector<std::unique_ptr<IoThread>> all;
};

absl::Status ListenError(ErrorCode error, const ServerOptions& options) {
  const std::string message =
      fmt::format("cannot listen on {}:{}: {}", options.host, options.port, error.message());
  if (error == asio::error::address_in_use) return absl::AlreadyExistsError(message);
  if (error == asio::error::access_denied) return absl::PermissionDeniedError(message);
  return absl::UnavailableError(message);
}

using SharePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// The first listener of a server finds out whether the port is free, so it shares the port only
// once it has it. The kernel spreads connections over those that share.
absl::Status Listen(tcp::acceptor& acceptor, const ServerOptions& options, const tcp::endpoint& at,
                    bool is_first) {
  ErrorCode error;
  if (acceptor.open(at.protocol(), error)) return ListenError(error, options);
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!is_first) acceptor.set_option(SharePort(true), error);
  if (acceptor.bind(at, error)) return ListenError(error, options);
  if (is_first) acceptor.set_option(SharePort(true), error);
  if (acceptor.listen(asio::socket_base::max_listen_connections, error)) {
    return ListenError(error, options);
  }
  return absl::OkStatus();
}

class AsioServer : public HttpServer {
 public:
  AsioServer(const ServerOptions& options, Service* service)
      : options_(options),
        service_(service),
        threads_(std::make_shared<IoThreads>(std::max(1, options.io_threads))) {}

  ~AsioServer() override { Stop(); }

  absl::Status Open() {
    ErrorCode error;
    const auto address = asio::ip::make_address(options_.host, error);
    if (error) {
      return absl::InvalidArgumentError(fmt::format(
          "cannot listen on \"{}\": it is not an IP address such as 127.0.0.1", options_.host));
    }
    port_ = options_.port;
    for (auto& io : threads_->all) {
      const bool is_first = io == threads_->all.front();
      if (absl::Status listening =
              Listen(io->acceptor, options_, tcp::endpoint(address, port_), is_first);
          !listening.ok()) {
        return listening;
      }
      port_ = io->acceptor.local_endpoint().port();
    }
    for (auto& io : threads_->all) {
      asio::co_spawn(io->context, Accept(io.get()), Rethrow);
      io->thread = std::thread([io = io.get()] {
        this_io_thread = io;
        io->context.run();
      });
    }
    return absl::OkStatus();
  }

  uint16_t port() const override { return port_; }
  int open_connections() const override { return open_->Value(); }

  bool Drain(std::chrono::milliseconds patience) override {
    is_draining_ = true;
    for (auto& io : threads_->all) {
      asio::post(io->context, [io = io.get()] {
        ErrorCode ignored;
        io->acceptor.close(ignored);
        for (Connection* connection : io->connections) connection->Drain();
      });
    }
    const bool is_clean = open_->AwaitNone(patience);
    Stop();
    return is_clean;
  }

 private:
  // A coroutine of ours never throws; if one does, it is a mistake that must not go unseen.
  static void Rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  }

  static void LogThrown(std::exception_ptr error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
      spdlog::error("a connection failed: {}", thrown.what());
    }
  }

  asio::awaitable<void> Accept(IoThread* io) {
    while (io->acceptor.is_open()) {
      auto [error, socket] = co_await io->acceptor.async_accept(kAwait);
      if (is_draining_) co_return;
      if (error) {
        // No file descriptors, mostly: others must close first.
        asio::steady_timer pause(io->context, kPauseWithoutFiles);
        co_await pause.async_wait(kAwait);
        continue;
      }
      const bool is_within_limit = open_->Add(1) <= options_.max_connections;
      asio::co_spawn(io->context, Serve(std::move(socket), io, is_within_limit), LogThrown);
    }
  }

  asio::awaitable<void> Serve(tcp::socket socket, IoThread* io, bool is_within_limit) {
    struct Leave {
      std::shared_ptr<OpenCount> open;
      ~Leave() { open->Add(-1); }
    } leave{open_};
    if (!is_within_limit) {
      co_await TurnAway(std::move(socket));
      co_return;
    }
    Connection connection(std::move(socket), options_, service_, threads_);
    io->connections.insert(&connection);
    if (is_draining_) connection.Drain();
    co_await connection.Run();
    io->connections.erase(&connection);
  }

  // The answer is small enough for the socket's buffer, so this does not wait for the client.
  asio::awaitable<void> TurnAway(tcp::socket socket) {
    ErrorCode ignored;
    if (options_.tls != nullptr) co_return;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kTooManyConnections.data(), kTooManyConnections.size()),
                      ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    co_return;
  }

  void Stop() {
    for (auto& io : threads_->all) io->context.stop();
    for (auto& io : threads_->all) {
      if (io->thread.joinable()) io->thread.join();
      io->EndTurn();
      ErrorCode ignored;
      io->acceptor.close(ignored);  // where the loop stopped before it came to that
    }
  }

  const ServerOptions options_;
  Service* const service_;
  // Shared with the connections: one that waits for a slow answer may outlive the server.
  const std::shared_ptr<OpenCount> open_ = std::make_shared<OpenCount>();
  std::atomic<bool> is_draining_ = false;
  uint16_t port_ = 0;
  const std::shared_ptr<IoThreads> threads_;
};

}  // namespace

void HttpServer::AfterTurn(std::function<void()> function) {
  IoThread* const io = this_io_thread;
  if (io == nullptr) return function();
  io->after_turn.push_back(std::move(function));
  // What is ready has been queued before this.
  if (io->after_turn.size() == 1) asio::post(io->context, [io] { io->EndTurn(); });
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const ServerOptions& options,
                                                              Service* service) {
  auto server = std::make_unique<AsioServer>(options, service);
  if (absl::Status opened = server->Open(); !opened.ok()) return opened;
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace datamigrate::gateway
