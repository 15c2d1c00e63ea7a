#include "tests/service/models/provider.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace datamigrate::testing {
namespace {

void Say(int socket, const std::string& text) {
  size_t at = 0;
  while (at < text.size()) {
    const ssize_t count = send(socket, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (count <= 0) return;
    at += static_cast<size_t>(count);
  }
}

std::string Chunk(const std::string& text) {
  return "data: {\"model\":\"x\",\"choices\":[{\"delta\":{\"content\":\"" + text +
         "\"},\"finish_reason\":null}]}\n\n";
}

constexpr char kLastChunk[] =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
constexpr char kStreamHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

std::string Read(int peer) {
  std::string request;
  char bytes[4096];
  while (true) {
    const size_t head = request.find("\r\n\r\n");
    const size_t field = request.find("Content-Length: ");
    if (head != std::string::npos && field != std::string::npos &&
        request.size() >= head + 4 + std::stoul(request.substr(field + 16))) {
      return request;
    }
    const ssize_t count = recv(peer, bytes, sizeof bytes, 0);
    if (count <= 0) return request;
    request.append(bytes, static_cast<size_t>(count));
  }
}

bool IsFor(const std::string& request, const std::string& model) {
  return request.find("\"model\":\"" + model + "\"") != std::string::npos;
}

}  // namespace

Provider::Provider() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool listens =
      bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      listen(listener_, 16) == 0;
  if (!listens) throw std::runtime_error("the provider cannot listen on 127.0.0.1");
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

Provider::~Provider() {
  is_stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::vector<std::string> Provider::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void Provider::Tell(const std::string& model, std::vector<std::string> pieces) {
  const std::lock_guard lock(mutex_);
  told_[model] = std::move(pieces);
}

void Provider::Run() {
  while (!is_stopping_) {
    const int peer = accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    Answer(peer, Read(peer));
    close(peer);
  }
}

std::vector<std::string> Provider::PiecesOf(const std::string& request) {
  const std::lock_guard lock(mutex_);
  for (const auto& [model, pieces] : told_) {
    if (IsFor(request, model)) return pieces;
  }
  return {"SELECT ", "1"};
}

void Provider::Answer(int peer, const std::string& request) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  if (IsFor(request, "failing")) {
    return Say(peer, "HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  if (request.find("\"stream\":true") != std::string::npos) {
    if (IsFor(request, "breaking")) {
      return Say(peer, kStreamHead + Chunk("SELECT ") + Chunk("wrong"));
    }
    Say(peer, kStreamHead);
    for (const std::string& piece : PiecesOf(request)) Say(peer, Chunk(piece));
    return Say(peer, kLastChunk);
  }
  std::string text;
  for (const std::string& piece : PiecesOf(request)) text += piece;
  const std::string body = "{\"model\":\"x\",\"choices\":[{\"message\":{\"content\":\"" + text +
                           "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1000,"
                           "\"completion_tokens\":500}}";
  Say(peer,
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
      "Content-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace datamigrate::testing
