// Posts a body at a steady rate, whatever the answers' pace, and prints when the answers came after
// the moment at which each request was due. Written for little noise of its own: one thread,
// timers of a microsecond, nothing that collects garbage.
//
//   steady_load PORT TARGET TOKEN BODY RATE SECONDS
//     → {"sent":…,"failed":…,"median_ms":…,"p99_ms":…}
#include <sys/prctl.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr int kConnections = 64;
constexpr unsigned kCreated = 201;

class SteadyLoad {
 public:
  SteadyLoad(asio::io_context& context, tcp::endpoint server, std::string request)
      : context_(context), server_(std::move(server)), request_(std::move(request)) {}

  void Start(int rate, int seconds) {
    for (int i = 0; i < kConnections; ++i) {
      asio::co_spawn(context_, Send(),
                     [this](std::exception_ptr error) { failed_ += error ? 1 : 0; });
    }
    asio::co_spawn(context_, Tick(rate, rate * seconds), asio::detached);
  }

  // Once the context has run out of work.
  void Print() {
    std::ranges::sort(taken_ms_);
    if (taken_ms_.empty()) taken_ms_.push_back(0);
    std::printf("{\"sent\":%zu,\"failed\":%d,\"median_ms\":%.3f,\"p99_ms\":%.3f}\n",
                taken_ms_.size(), failed_, taken_ms_[taken_ms_.size() / 2],
                taken_ms_[taken_ms_.size() * 99 / 100]);
  }

 private:
  // Says when each request is due.
  asio::awaitable<void> Tick(int rate, int count) {
    asio::steady_timer timer(context_);
    const auto begin = Clock::now();
    for (int n = 0; n < count; ++n) {
      const auto due = begin + std::chrono::nanoseconds(std::int64_t{1'000'000'000} * n / rate);
      timer.expires_at(due);
      co_await timer.async_wait(kAwait);
      due_.push_back(due);
      Wake();
    }
    is_over_ = true;
    while (!idle_.empty()) Wake();
  }

  void Wake() {
    if (idle_.empty()) return;
    asio::steady_timer* const sleeper = idle_.back();
    idle_.pop_back();
    sleeper->cancel();
  }

  // One connection: takes what is due, as long as there is something to come.
  asio::awaitable<void> Send() {
    tcp::socket socket(context_);
    co_await socket.async_connect(server_, asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::steady_timer sleep(context_, Clock::time_point::max());
    boost::beast::flat_buffer buffer;
    while (true) {
      if (due_.empty()) {
        if (is_over_) co_return;
        idle_.push_back(&sleep);
        co_await sleep.async_wait(kAwait);
        continue;
      }
      const auto due = due_.front();
      due_.pop_front();
      co_await asio::async_write(socket, asio::buffer(request_), asio::use_awaitable);
      http::response<http::string_body> response;
      co_await http::async_read(socket, buffer, response, asio::use_awaitable);
      failed_ += response.result_int() == kCreated ? 0 : 1;
      taken_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
    }
  }

  asio::io_context& context_;
  const tcp::endpoint server_;
  const std::string request_;
  std::deque<Clock::time_point> due_;
  std::vector<asio::steady_timer*> idle_;
  bool is_over_ = false;
  std::vector<double> taken_ms_;
  int failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: steady_load PORT TARGET TOKEN BODY RATE SECONDS\n");
    return 2;
  }
  prctl(PR_SET_TIMERSLACK, 1UL);
  const std::string body = argv[4];
  const std::string request =
      "POST " + std::string(argv[2]) + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " +
      argv[3] +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  asio::io_context context(1);
  SteadyLoad load(context,
                  tcp::endpoint(asio::ip::address_v4::loopback(),
                                static_cast<std::uint16_t>(std::atoi(argv[1]))),
                  request);
  load.Start(std::atoi(argv[5]), std::atoi(argv[6]));
  context.run();
  load.Print();
  return 0;
}
