// A TCP client that sends exactly the bytes it is told to.
#ifndef DATAMIGRATE_TESTS_UNIT_GATEWAY_RAW_CLIENT_H_
#define DATAMIGRATE_TESTS_UNIT_GATEWAY_RAW_CLIENT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace datamigrate::testing {

struct RawResponse {
  int status = 0;                              // 0: the server closed without an answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::vector<std::string> set_cookies;        // values of Set-Cookie, in order
  std::string body;                            // chunks joined
  bool is_whole = false;                       // the body's end arrived
};

// Throws std::runtime_error when there is no connection, and when a read waits for half a minute: a
// server that hangs is no server that closed.
class RawClient {
 public:
  explicit RawClient(uint16_t port);
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient();

  // False when the server no longer takes bytes.
  bool Send(std::string_view bytes);
  RawResponse Read(bool is_head = false);
  RawResponse Ask(std::string_view bytes) {
    Send(bytes);
    return Read();
  }
  // Reads until `text` has arrived or the connection ends; everything read so far.
  std::string ReadUntil(std::string_view text);
  // The next `count` bytes, or what came before the end.
  std::string ReadSome(size_t count) { return Take(count); }
  // True when the server closed the connection and nothing is left to read.
  bool IsClosed();
  void CloseSending();

 private:
  bool Fill();  // false at the end
  std::string Take(size_t count);

  int fd_;
  std::string buffer_;
};

}  // namespace datamigrate::testing

#endif  // DATAMIGRATE_TESTS_UNIT_GATEWAY_RAW_CLIENT_H_
