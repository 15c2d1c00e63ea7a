// Over real sockets of this machine.
#include "common/net/curl_transport.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <thread>

namespace datamigrate::net {
namespace {

// Takes connections one after another and gives each to `serve`, until it is destroyed.
class Server {
 public:
  explicit Server(std::function<void(int socket, const std::string& request)> serve)
      : serve_(std::move(serve)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener_, 16) == 0);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }

  ~Server() {
    is_stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  std::string url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_);
  }
  int connections() const { return connections_; }

 private:
  void Run() {
    while (!is_stopping_) {
      const int peer = accept(listener_, nullptr, nullptr);
      if (peer < 0) return;
      ++connections_;
      std::string request;
      char bytes[4096];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t count = recv(peer, bytes, sizeof bytes, 0);
        if (count <= 0) break;
        request.append(bytes, static_cast<size_t>(count));
      }
      serve_(peer, request);
      close(peer);
    }
  }

  const std::function<void(int, const std::string&)> serve_;
  const int listener_;
  int port_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

void Say(int socket, const std::string& text) {
  size_t at = 0;
  while (at < text.size()) {
    const ssize_t count = send(socket, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (count <= 0) return;
    at += static_cast<size_t>(count);
  }
}

// Until the peer goes.
void WaitForEnd(int socket) {
  char byte;
  while (recv(socket, &byte, 1, 0) > 0) {
  }
}

constexpr absl::Duration kPatience = absl::Seconds(20);

absl::StatusOr<std::string> ReadAll(HttpExchange& exchange) {
  std::string body;
  while (true) {
    auto piece = exchange.ReadBody(kPatience, {});
    if (!piece.ok()) return piece.status();
    if (piece->empty()) return body;
    body += *piece;
  }
}

HttpRequest RequestTo(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.body = "{}";
  request.fields = {{"Content-Type", "application/json"}, {"X-Key", "secret"}};
  return request;
}

std::shared_ptr<const AddressRule> Rule(const std::vector<std::string>& hosts = {}) {
  return std::make_shared<const AddressRule>(*AddressRule::Make(hosts, {}));
}

TEST_CASE("A request is sent and its answer read", "[net][curl]") {
  std::string seen;
  Server server([&](int socket, const std::string& request) {
    seen = request;
    Say(socket,
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
        "X-Said:  yes \r\nConnection: close\r\n\r\nhello");
  });
  CurlTransport transport;
  const auto exchange = transport.Send(RequestTo(server.url() + "/v1"));
  const auto head = exchange->ReadHead(kPatience, {});
  REQUIRE(head.ok());
  CHECK(head->status == 200);
  CHECK(head->Find("x-said") == "yes");
  CHECK(head->Find("link") == "");
  CHECK(*ReadAll(*exchange) == "hello");
  CHECK(seen.starts_with("POST /v1 HTTP/1.1\r\n"));
  CHECK(seen.find("X-Key: secret\r\n") != std::string::npos);
  CHECK(seen.find("Expect") == std::string::npos);
}

TEST_CASE("What goes wrong on the way is told without what was sent", "[net][curl]") {
  CurlTransport transport;
  SECTION("a cut answer") {
    Server server([](int socket, const std::string&) {
      Say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
    });
    const auto exchange = transport.Send(RequestTo(server.url()));
    REQUIRE(exchange->ReadHead(kPatience, {}).ok());
    const auto body = ReadAll(*exchange);
    CHECK(body.status().code() == absl::StatusCode::kUnavailable);
    CHECK(std::string(body.status().message()) == "the answer of the server was cut");
  }
  SECTION("no answer") {
    Server server([](int, const std::string&) {});
    const auto exchange = transport.Send(RequestTo(server.url()));
    CHECK(exchange->ReadHead(kPatience, {}).status().code() == absl::StatusCode::kUnavailable);
  }
  SECTION("nobody there") {
    const auto exchange = transport.Send(RequestTo("http://127.0.0.1:1"));
    const auto head = exchange->ReadHead(kPatience, {});
    CHECK(std::string(head.status().message()) == "the server refused the connection");
  }
  SECTION("too many bytes") {
    Server server([](int socket, const std::string&) {
      Say(socket, "HTTP/1.1 200 OK\r\n\r\n");
      for (int i = 0; i < 50; ++i) Say(socket, std::string(1 << 20, 'x'));
    });
    HttpRequest request = RequestTo(server.url());
    request.max_answer_bytes = 5 << 20;
    const auto exchange = transport.Send(request);
    REQUIRE(exchange->ReadHead(kPatience, {}).ok());
    CHECK(ReadAll(*exchange).status().code() == absl::StatusCode::kResourceExhausted);
  }
  SECTION("a head without end") {
    Server server([](int socket, const std::string&) {
      Say(socket, "HTTP/1.1 200 OK\r\n");
      for (int i = 0; i < 2000; ++i) Say(socket, "X-Long: " + std::string(100, 'x') + "\r\n");
    });
    const auto exchange = transport.Send(RequestTo(server.url()));
    CHECK(exchange->ReadHead(kPatience, {}).status().code() ==
          absl::StatusCode::kResourceExhausted);
  }
}

TEST_CASE("A reader waits no longer than it has patience, or until it is stopped", "[net][curl]") {
  Server server([](int socket, const std::string&) { WaitForEnd(socket); });
  CurlTransport transport;
  const auto exchange = transport.Send(RequestTo(server.url()));
  CHECK(exchange->ReadHead(absl::Milliseconds(50), {}).status().code() ==
        absl::StatusCode::kDeadlineExceeded);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  CHECK(exchange->ReadHead(kPatience, stop.get_token()).status().code() ==
        absl::StatusCode::kCancelled);
}

TEST_CASE("A large answer is read whole though its reader is slow to begin", "[net][curl]") {
  const std::string body(8 << 20, 'y');
  Server server([&](int socket, const std::string&) {
    Say(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    Say(socket, body);
    WaitForEnd(socket);
  });
  CurlTransport transport;
  const auto exchange = transport.Send(RequestTo(server.url()));
  REQUIRE(exchange->ReadHead(kPatience, {}).ok());
  CHECK(*ReadAll(*exchange) == body);
}

TEST_CASE("With a rule no socket is opened to another address", "[net][curl][local]") {
  Server server([](int socket, const std::string&) {
    Say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  });
  CurlTransport transport;
  // Connects while nothing forbids it, so that a connection could be used again.
  {
    const auto exchange = transport.Send(RequestTo(server.url()));
    REQUIRE(exchange->ReadHead(kPatience, {}).ok());
  }
  const int before = server.connections();

  SECTION("this machine is on the site") {
    HttpRequest request = RequestTo(server.url("localhost"));
    request.addresses = Rule();
    const auto exchange = transport.Send(request);
    CHECK(exchange->ReadHead(kPatience, {}).ok());
  }
  SECTION("an address elsewhere is refused before a packet is sent") {
    for (const char* url : {"http://203.0.113.1:80", "http://8.8.8.8", "https://[2001:db9::1]:443",
                            "http://0.0.0.0:1", "http://169.254.169.254/latest/meta-data"}) {
      INFO(url);
      HttpRequest request = RequestTo(url);
      request.addresses = Rule();
      const auto exchange = transport.Send(request);
      CHECK(exchange->ReadHead(kPatience, {}).status().code() ==
            absl::StatusCode::kPermissionDenied);
    }
    CHECK(server.connections() == before);
  }
  SECTION("a redirect is not followed") {
    Server redirecting([&](int socket, const std::string&) {
      Say(socket, "HTTP/1.1 307 Go\r\nLocation: " + server.url() +
                      "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    HttpRequest request = RequestTo(redirecting.url());
    request.addresses = Rule();
    const auto exchange = transport.Send(request);
    CHECK(exchange->ReadHead(kPatience, {})->status == 307);
    CHECK(server.connections() == before);
  }
  SECTION("a proxy of the environment is not asked") {
    setenv("http_proxy", server.url().c_str(), 1);
    Server direct([](int socket, const std::string&) {
      Say(socket, "HTTP/1.1 204 No\r\nConnection: close\r\n\r\n");
    });
    const auto exchange = transport.Send(RequestTo(direct.url()));
    CHECK(exchange->ReadHead(kPatience, {})->status == 204);
    CHECK(server.connections() == before);
    unsetenv("http_proxy");
  }
}

TEST_CASE("Exchanges may be left at any time", "[net][curl]") {
  Server server([](int socket, const std::string&) {
    Say(socket, "HTTP/1.1 200 OK\r\n\r\n");
    WaitForEnd(socket);
  });
  CurlTransport transport;
  for (int i = 0; i < 20; ++i) {
    const auto exchange = transport.Send(RequestTo(server.url()));
    if (i % 2 == 0) CHECK(exchange->ReadHead(kPatience, {}).ok());
  }
}

}  // namespace
}  // namespace datamigrate::net
