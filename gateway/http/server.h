// An HTTP/1.1 server: listener, connections, deadlines, limits, drain.
#ifndef DATAMIGRATE_GATEWAY_HTTP_SERVER_H_
#define DATAMIGRATE_GATEWAY_HTTP_SERVER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/http/client_address.h"
#include "gateway/http/service.h"
#include "gateway/http/tls.h"

namespace datamigrate::gateway {

struct ServerOptions {
  std::string host = "127.0.0.1";  // a numeric address
  uint16_t port = 0;               // 0: any free one
  int io_threads = 2;
  // Connections beyond this are answered with 503 and closed.
  int max_connections = 2048;
  uint32_t max_header_bytes = 16 * 1024;  // request line and fields together
  // Between requests; then the connection is closed without a word.
  std::chrono::milliseconds idle_timeout{60000};
  // From a request's first byte to the end of its head, and of its body; then 408.
  std::chrono::milliseconds header_timeout{10000};
  std::chrono::milliseconds body_timeout{30000};
  // For the whole of a body that goes to a file; each quarter of a megabyte has `body_timeout`.
  std::chrono::milliseconds long_body_timeout{3600000};
  // For each write to make progress to its end; then the connection is cut.
  std::chrono::milliseconds write_timeout{30000};
  // A WebSocket client is pinged when it has been silent for half of this, and cut after all of it.
  std::chrono::milliseconds web_socket_timeout{60000};
  // How often streams are asked whether who reads them still may (see stream_lease.h).
  std::chrono::milliseconds lease_interval{5000};
  // When set, the listener speaks TLS only. Must outlive the server.
  Tls* tls = nullptr;
  // Hosts whose forwarding fields are believed and, with `takes_proxy_protocol`, whose connections
  // must begin with a PROXY header (before TLS). Other hosts' fields are passed over, and their
  // connections begin as ever.
  TrustedProxies proxies;
  bool takes_proxy_protocol = false;
};

class HttpServer {
 public:
  // Listens and serves until Stop. `service` must outlive the server.
  // Errors: kInvalidArgument for a host that is not an address; kAlreadyExists when the port is
  // taken; kPermissionDenied when it is reserved; kUnavailable otherwise.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const ServerOptions& options,
                                                           Service* service);

  // Cuts what is left.
  virtual ~HttpServer() = default;

  // Calls `function` once: on an I/O thread when the events that are ready there have been handled,
  // or when the server stops, whichever is first; on any other thread at once. For work that is
  // cheaper for many requests together.
  static void AfterTurn(std::function<void()> function);

  virtual uint16_t port() const = 0;
  virtual int open_connections() const = 0;

  // Stops accepting, closes idle connections, ends streams, lets the other requests finish, and
  // returns when none is left or `patience` is over; true when none was cut. Then the server is
  // stopped. Blocks; call from a thread of its own.
  virtual bool Drain(std::chrono::milliseconds patience) = 0;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_SERVER_H_
