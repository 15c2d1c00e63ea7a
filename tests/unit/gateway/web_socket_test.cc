// A WebSocket over a real loopback socket, with Boost.Beast's client and with frames put together
// by hand (RFC 6455).
#include "gateway/http/web_socket.h"

#include <catch2/catch.hpp>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <future>
#include <string>
#include <thread>

#include "gateway/http/web_socket_handshake.h"
#include "tests/unit/gateway/http_server_fixture.h"

namespace datamigrate::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

using testing::RawClient;
using testing::RawResponse;
using testing::TestStream;

// Whose streams may go on until the test says otherwise.
class TestLease : public StreamLease {
 public:
  explicit TestLease(std::shared_ptr<std::atomic<bool>> may_go_on)
      : may_go_on_(std::move(may_go_on)) {}
  bool MayGoOn() override { return *may_go_on_; }

 private:
  const std::shared_ptr<std::atomic<bool>> may_go_on_;
};

class SocketService : public Service {
 public:
  uint64_t MaxBodyBytes(const Request&) const override { return 100; }
  void Handle(Request request, Respond respond) override {
    if (!AsksForWebSocket(request)) return respond(TextResponse(200, "text/plain", "plain"));
    Response response = AnswerHandshake(request, "events");
    if (response.status != 101) return respond(std::move(response));
    response.headers.Set("X-Of-Filters", "yes");
    response.may_end_early = true;
    if (request.target == "/pieces") {
      response.stream = std::make_unique<testing::PieceStream>(
          std::vector<BodyStream::Piece>{std::string("one"), std::string(100000, 'x')});
    } else if (request.target == "/broken") {
      response.stream = std::make_unique<testing::PieceStream>(
          std::vector<BodyStream::Piece>{std::string("one"), absl::UnavailableError("gone")});
    } else if (request.target == "/flood") {
      response.stream = std::make_unique<testing::FloodStream>();
    } else {
      response.stream = std::make_unique<TestStream>(control);
    }
    if (request.target == "/short") response.longest_stream = std::chrono::seconds(0);
    if (request.target == "/leased") response.lease = std::make_shared<TestLease>(may_go_on);
    respond(std::move(response));
  }
  Response Refuse(Request head, int status, std::string_view detail) override {
    return Problem(head, status, detail);
  }

  std::shared_ptr<TestStream::Control> control = std::make_shared<TestStream::Control>();
  std::shared_ptr<std::atomic<bool>> may_go_on = std::make_shared<std::atomic<bool>>(true);
};

struct Fixture {
  explicit Fixture(ServerOptions options = {}) { server = *HttpServer::Start(options, &service); }
  // A server that is stopped in the middle of a stream leaves the two holding each other.
  ~Fixture() { server->Drain(std::chrono::seconds(10)); }

  SocketService service;
  std::unique_ptr<HttpServer> server;
};

// Beast's client.
struct Client {
  explicit Client(uint16_t port, const std::string& target) : socket(context) {
    socket.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    socket.set_option(websocket::stream_base::decorator(
        [](websocket::request_type& request) { request.set("Sec-WebSocket-Protocol", "events"); }));
    socket.handshake(answer, "localhost", target);
  }

  // The next message; "" and `error` at the end.
  std::string Read() {
    beast::flat_buffer buffer;
    socket.read(buffer, error);
    return beast::buffers_to_string(buffer.data());
  }
  // The code that the server closes with.
  int ReadToEnd() {
    while (!error) Read();
    return error == websocket::error::closed ? socket.reason().code : 0;
  }

  asio::io_context context;
  websocket::stream<asio::ip::tcp::socket> socket;
  websocket::response_type answer;
  boost::system::error_code error;
};

std::string Handshake(const std::string& target, const std::string& more = "",
                      const std::string& key = "dGhlIHNhbXBsZSBub25jZQ==",
                      const std::string& version = "13") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
         "Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: " + version + "\r\n" + more +
         "\r\n";
}

// A frame of a client, masked with zeros unless it is told not to be masked.
std::string Frame(int first_byte, const std::string& payload, bool is_masked = true) {
  std::string frame(1, static_cast<char>(first_byte));
  const int mask = is_masked ? 0x80 : 0;
  if (payload.size() < 126) {
    frame += static_cast<char>(mask | static_cast<int>(payload.size()));
  } else {
    frame += static_cast<char>(mask | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  }
  if (is_masked) frame += std::string(4, '\0');
  return frame + payload;
}

constexpr int kFin = 0x80;
constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kClose = 8;
constexpr int kPing = 9;

// Shakes hands and has nothing read yet.
struct RawSocket {
  explicit RawSocket(uint16_t port, const std::string& target = "/endless") : client(port) {
    client.Send(Handshake(target));
    REQUIRE(client.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 101"));
  }
  // The code of the close frame that comes; 0 when the connection ends without one.
  int CloseCode() {
    std::string bytes;
    for (std::string more; !(more = client.ReadUntil("\x88")).empty();) {
      bytes += more;
      if (bytes.ends_with("\x88")) break;
    }
    if (!bytes.ends_with("\x88")) return 0;
    const std::string rest = client.ReadSome(3);
    return rest.size() < 3
               ? 0
               : (static_cast<unsigned char>(rest[1]) << 8) | static_cast<unsigned char>(rest[2]);
  }
  RawClient client;
};

TEST_CASE("The handshake is answered as the RFC's example says", "[gateway][websocket]") {
  Fixture fixture;
  RawClient client(fixture.server->port());
  client.Send(Handshake("/endless", "Sec-WebSocket-Protocol: other, events\r\n"));
  const std::string answer = client.ReadUntil("\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  CHECK(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != answer.npos);
  CHECK(answer.find("Sec-WebSocket-Protocol: events\r\n") != answer.npos);
  CHECK(answer.find("X-Of-Filters: yes\r\n") != answer.npos);
  CHECK(answer.find("Sec-WebSocket-Extensions") == answer.npos);
}

TEST_CASE("A handshake that is none is refused, or is an ordinary request",
          "[gateway][websocket]") {
  Fixture fixture;
  RawClient client(fixture.server->port());
  CHECK(client.Ask(Handshake("/", "", "short")).status == 400);
  CHECK(client.Ask(Handshake("/", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")).status ==
        400);
  const RawResponse old = client.Ask(Handshake("/", "", "dGhlIHNhbXBsZSBub25jZQ==", "8"));
  CHECK(old.status == 426);
  CHECK(old.headers.at("sec-websocket-version") == "13");
  CHECK(client.Ask("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n").body == "plain");
  CHECK(client.Ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n").body == "plain");
  CHECK(client
            .Ask("POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                 "Content-Length: 0\r\n\r\n")
            .body == "plain");
}

TEST_CASE("What comes before the handshake is answered is refused", "[gateway][websocket]") {
  Fixture fixture;
  RawClient client(fixture.server->port());
  CHECK(client.Ask(Handshake("/endless") + Frame(kFin | kPing, "")).status == 400);
  CHECK(client.IsClosed());
  RawClient old(fixture.server->port());
  std::string request = Handshake("/endless");
  request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
  CHECK(old.Ask(request).status == 400);
}

TEST_CASE("Each piece is a message, and the end is said", "[gateway][websocket]") {
  Fixture fixture;
  Client client(fixture.server->port(), "/pieces");
  CHECK(client.answer["Sec-WebSocket-Protocol"] == "events");
  CHECK(client.Read() == "one");
  CHECK(client.socket.got_text());
  CHECK(client.Read() == std::string(100000, 'x'));
  CHECK(client.ReadToEnd() == websocket::close_code::normal);
  while (fixture.server->open_connections() > 0) std::this_thread::yield();
}

TEST_CASE("A stream that breaks asks the client to come back", "[gateway][websocket]") {
  Fixture fixture;
  Client client(fixture.server->port(), "/broken");
  CHECK(client.ReadToEnd() == websocket::close_code::try_again_later);
}

TEST_CASE("A stream has an end, and so have drained servers", "[gateway][websocket]") {
  Fixture fixture;
  SECTION("long enough") {
    Client client(fixture.server->port(), "/short");
    CHECK(client.ReadToEnd() == websocket::close_code::going_away);
  }
  SECTION("drained") {
    Client client(fixture.server->port(), "/endless");
    fixture.service.control->asked.wait();
    auto drained = std::async(std::launch::async,
                              [&] { return fixture.server->Drain(std::chrono::seconds(5)); });
    CHECK(client.ReadToEnd() == websocket::close_code::going_away);
    CHECK(drained.get());
  }
  CHECK(fixture.service.control->is_cancelled);
}

TEST_CASE("A client may say that it goes", "[gateway][websocket]") {
  Fixture fixture;
  Client client(fixture.server->port(), "/endless");
  fixture.service.control->asked.wait();
  client.socket.close(websocket::close_code::normal);
  while (fixture.server->open_connections() > 0) std::this_thread::yield();
  CHECK(fixture.service.control->is_cancelled);
}

TEST_CASE("A client that is gone is let go", "[gateway][websocket]") {
  Fixture fixture;
  {
    Client client(fixture.server->port(), "/endless");
    fixture.service.control->asked.wait();
  }
  while (fixture.server->open_connections() > 0) std::this_thread::yield();
  CHECK(fixture.service.control->is_cancelled);
}

TEST_CASE("A client is pinged, and cut when it does not answer", "[gateway][websocket]") {
  ServerOptions options;
  options.web_socket_timeout = std::chrono::milliseconds(80);
  Fixture fixture(options);
  RawSocket silent(fixture.server->port());
  CHECK(silent.client.ReadUntil(std::string("\x89\0", 2)).ends_with(std::string("\x89\0", 2)));
  CHECK(silent.client.IsClosed());
}

TEST_CASE("Pings of the client are answered", "[gateway][websocket]") {
  Fixture fixture;
  RawSocket socket(fixture.server->port());
  socket.client.Send(Frame(kFin | kPing, "hello"));
  CHECK(socket.client.ReadUntil("hello") == "\x8a\x05hello");
}

TEST_CASE("A client that does not take its messages is cut", "[gateway][websocket]") {
  ServerOptions options;
  options.write_timeout = std::chrono::milliseconds(80);
  Fixture fixture(options);
  RawSocket slow(fixture.server->port(), "/flood");
  while (fixture.server->open_connections() > 0) std::this_thread::yield();
}

TEST_CASE("What a client may not send ends the socket with the reason", "[gateway][websocket]") {
  const std::string bad_utf8 = "\xc3\x28";
  const auto test = GENERATE_COPY(table<const char*, std::string, int>({
      {"text", Frame(kFin | kText, "hi"), 1003},
      {"binary", Frame(kFin | kBinary, "hi"), 1003},
      {"text in fragments, with a ping between",
       Frame(kText, "h") + Frame(kFin | kPing, "") + Frame(kFin, "i"), 1003},
      {"a large message", Frame(kFin | kText, std::string(5000, 'x')), 1009},
      {"a length of 2^63 and more",
       std::string("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10) + std::string(4, '\0'), 1009},
      {"text that is not UTF-8", Frame(kFin | kText, bad_utf8), 1007},
      {"not masked", Frame(kFin | kText, "hi", false), 1002},
      {"a reserved bit", Frame(kFin | 0x40 | kText, "hi"), 1002},
      {"a reserved opcode", Frame(kFin | 3, "hi"), 1002},
      {"a reserved control opcode", Frame(kFin | 11, "hi"), 1002},
      {"a ping in fragments", Frame(kPing, "hi"), 1002},
      {"a ping that is too long", Frame(kFin | kPing, std::string(126, 'x')), 1002},
      {"a continuation of nothing", Frame(kFin, "hi"), 1002},
      {"a new message inside another", Frame(kText, "h") + Frame(kFin | kText, "i"), 1002},
      {"a length that is longer than needed", std::string("\x81\xfe\0\x02\0\0\0\0hi", 10), 1002},
      {"a close of one byte", Frame(kFin | kClose, "x"), 1002},
      {"a close with a code that nobody may send", Frame(kFin | kClose, "\x03\xed"), 1002},
      {"a close with a reason that is not UTF-8", Frame(kFin | kClose, "\x03\xe8" + bad_utf8),
       1002},
      {"a good close",
       Frame(kFin | kClose,
             "\x03\xe8"
             "bye"),
       1000},
  }));
  Fixture fixture;
  INFO(std::get<0>(test));
  RawSocket socket(fixture.server->port());
  fixture.service.control->asked.wait();
  socket.client.Send(std::get<1>(test));
  CHECK(socket.CloseCode() == std::get<2>(test));
  socket.client.Send(Frame(kFin | kClose, "\x03\xe8"));
  while (fixture.server->open_connections() > 0) std::this_thread::yield();
  CHECK(fixture.service.control->is_cancelled);
}

TEST_CASE("A client that goes on sending is not listened to for ever", "[gateway][websocket]") {
  Fixture fixture;
  RawSocket socket(fixture.server->port());
  const std::string many = Frame(kFin | kText, std::string(1000, 'x'));
  while (socket.client.Send(many)) {
  }
  while (fixture.server->open_connections() > 0) std::this_thread::yield();
}

TEST_CASE("Who is not let in any more is told so", "[gateway][websocket]") {
  ServerOptions options;
  options.lease_interval = std::chrono::milliseconds(20);
  Fixture fixture(options);
  Client client(fixture.server->port(), "/leased");
  *fixture.service.may_go_on = false;
  CHECK(client.ReadToEnd() == kCloseSignInAgain);
}

TEST_CASE("A token among the subprotocols is found, but not two of them", "[gateway][websocket]") {
  Request request;
  request.method = "GET";
  request.headers.Add("Sec-WebSocket-Protocol", "events, bearer.a.b-c_d");
  CHECK(TokenProtocolOf(request) == "a.b-c_d");
  request.headers.Add("Sec-WebSocket-Protocol", "bearer.e");
  CHECK_FALSE(TokenProtocolOf(request).has_value());
  CHECK(ProtocolsOf(request).size() == 3);
  request.headers.Set("Sec-WebSocket-Protocol", "bearer.a b, bearer., \"bearer.c\", bearer.d");
  CHECK_FALSE(TokenProtocolOf(request).has_value());
  request.headers.Set("Sec-WebSocket-Protocol", "bearer.a b, bearer.d");
  CHECK(TokenProtocolOf(request) == "d");
}

}  // namespace
}  // namespace datamigrate::gateway
