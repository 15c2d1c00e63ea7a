// Any bytes on a connection to a real server: it answers in whole problems or not at all, reads the
// same requests however the bytes arrive, and serves the next client.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/http/problem.h"
#include "gateway/http/server.h"
#include "gateway/http/web_socket_handshake.h"
#include "tests/fuzz/fuzz_check.h"

namespace datamigrate::fuzz {
namespace {

class OneMessage : public gateway::BodyStream {
 public:
  void Next(Done done) override {
    if (std::exchange(is_over_, true)) return done(std::nullopt);
    done(std::string("{}"));
  }
  void Cancel() override {}

 private:
  bool is_over_ = false;
};

// Writes down what it is asked.
class RecordingService : public gateway::Service {
 public:
  uint64_t MaxBodyBytes(const gateway::Request&) const override { return 4096; }

  void Handle(gateway::Request request, Respond respond) override {
    Demand(request.body.size() <= 4096, "no body is larger than its route allows");
    {
      std::lock_guard lock(mutex_);
      seen_ += request.method + " " + request.target + " " +
               std::to_string(std::hash<std::string>()(request.body)) + "\n";
    }
    if (!gateway::AsksForWebSocket(request)) {
      return respond(gateway::TextResponse(200, "text/plain", "ok"));
    }
    gateway::Response response = gateway::AnswerHandshake(request, "events");
    response.stream = std::make_unique<OneMessage>();
    if (response.status != 101) response.stream = nullptr;
    respond(std::move(response));
  }

  gateway::Response Refuse(gateway::Request head, int status, std::string_view detail) override {
    Demand(status >= 400 && status < 600, "a refusal is an error");
    return gateway::Problem(head, status, detail);
  }

  std::string Take() {
    std::lock_guard lock(mutex_);
    return std::exchange(seen_, "");
  }

 private:
  std::mutex mutex_;
  std::string seen_;
};

struct Target {
  Target() {
    gateway::ServerOptions options;
    options.io_threads = 1;
    options.header_timeout = options.body_timeout = std::chrono::seconds(5);
    server = *gateway::HttpServer::Start(options, &service);
  }

  // Sends, half-closes and reads all that comes.
  std::string Exchange(std::string_view first, std::string_view second) {
    const int fd = Connect();
    const int at_once = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
    for (const std::string_view part : {first, second}) {
      if (!part.empty()) send(fd, part.data(), part.size(), MSG_NOSIGNAL);
    }
    shutdown(fd, SHUT_WR);
    std::string answer;
    std::array<char, 4096> block;
    while (true) {
      const ssize_t length = recv(fd, block.data(), block.size(), 0);
      if (length < 0 && errno == EINTR) continue;
      if (length <= 0) break;
      answer.append(block.data(), static_cast<size_t>(length));
    }
    close(fd);
    return answer;
  }

  int Connect() const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while (true) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return fd;
      const bool was_interrupted = errno == EINTR;  // libFuzzer's alarm
      close(fd);
      Demand(was_interrupted, "the server takes the next client");
    }
  }

  RecordingService service;
  std::unique_ptr<gateway::HttpServer> server;
};

void Check(std::string_view bytes) {
  static Target target;
  const std::string answer = target.Exchange(bytes, "");
  Demand(answer.empty() || answer.starts_with("HTTP/1.1 "), "an answer is HTTP");
  const std::string seen = target.service.Take();
  const size_t half = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.back()) % bytes.size();
  target.Exchange(bytes.substr(0, half), bytes.substr(half));
  const std::string seen_in_halves = target.service.Take();
  if (seen_in_halves != seen) {
    std::fprintf(stderr, "at once:\n%s\nin halves of %zu and %zu:\n%s\n", seen.c_str(), half,
                 bytes.size() - half, seen_in_halves.c_str());
  }
  Demand(seen_in_halves == seen, "requests do not depend on how their bytes arrive");
}

}  // namespace
}  // namespace datamigrate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  datamigrate::fuzz::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
