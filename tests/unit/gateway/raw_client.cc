#include "tests/unit/gateway/raw_client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <stdexcept>

namespace datamigrate::testing {
namespace {

constexpr std::chrono::seconds kPatience{30};  // also for a machine that does much else

}  // namespace

RawClient::RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{kPatience.count(), 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(fd_);
    throw std::runtime_error("cannot connect to the server under test");
  }
}

RawClient::~RawClient() {
  close(fd_);
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void RawClient::CloseSending() {
  shutdown(fd_, SHUT_WR);
}

bool RawClient::Fill() {
  char bytes[4096];
  ssize_t length;
  do {
    length = recv(fd_, bytes, sizeof(bytes), 0);
    // With a timeout it comes back when the process was stopped and goes on (signal(7)).
  } while (length < 0 && errno == EINTR);
  if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    throw std::runtime_error("the server under test neither answered nor closed in " +
                             std::to_string(kPatience.count()) +
                             " s; read so far: " + buffer_.substr(0, 200));
  }
  if (length <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(length));
  return true;
}

std::string RawClient::Take(size_t count) {
  while (buffer_.size() < count && Fill()) {
  }
  const std::string taken = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return taken;
}

std::string RawClient::ReadUntil(std::string_view text) {
  size_t found;
  while ((found = buffer_.find(text)) == std::string::npos) {
    if (!Fill()) return Take(buffer_.size());
  }
  return Take(found + text.size());
}

bool RawClient::IsClosed() {
  return buffer_.empty() && !Fill();
}

RawResponse RawClient::Read(bool is_head) {
  RawResponse response;
  const std::string head = ReadUntil("\r\n\r\n");
  if (!head.starts_with("HTTP/1.1 ") || !head.ends_with("\r\n\r\n")) return response;
  response.status = std::stoi(head.substr(9, 3));
  for (size_t line = head.find("\r\n") + 2; line + 2 < head.size();) {
    const size_t end = head.find("\r\n", line);
    const size_t colon = head.find(": ", line);
    std::string name = head.substr(line, colon - line);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    response.headers[name] = head.substr(colon + 2, end - colon - 2);
    if (name == "set-cookie") response.set_cookies.push_back(response.headers[name]);
    line = end + 2;
  }
  if (is_head || response.status == 204 || response.status == 100) {
    response.is_whole = true;
  } else if (response.headers.contains("content-length")) {
    const size_t length = std::stoul(response.headers["content-length"]);
    response.body = Take(length);
    response.is_whole = response.body.size() == length;
  } else if (response.headers["transfer-encoding"] == "chunked") {
    while (true) {
      const std::string size_line = ReadUntil("\r\n");
      if (!size_line.ends_with("\r\n")) return response;
      const size_t size = std::stoul(size_line, nullptr, 16);
      const std::string chunk = Take(size + 2);
      if (chunk.size() != size + 2) return response;
      if (size == 0) break;
      response.body += chunk.substr(0, size);
    }
    response.is_whole = true;
  }
  return response;
}

}  // namespace datamigrate::testing
