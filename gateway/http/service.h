// What the HTTP server asks of the application.
#ifndef DATAMIGRATE_GATEWAY_HTTP_SERVICE_H_
#define DATAMIGRATE_GATEWAY_HTTP_SERVICE_H_

#include <cstdint>
#include <functional>
#include <string_view>

#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Called from I/O threads: no method may block.
class Service {
 public:
  using Respond = std::function<void(Response)>;

  virtual ~Service() = default;

  // The largest body that a request with this head may have. `head` has method, target, headers
  // and remote_address.
  virtual uint64_t MaxBodyBytes(const Request& head) const = 0;

  // Answers a complete request. `respond` is called once, from any thread.
  virtual void Handle(Request request, Respond respond) = 0;

  // Answers what the server itself refuses: a malformed, oversized or late request, of which
  // `head` holds what could be read.
  virtual Response Refuse(Request head, int status, std::string_view detail) = 0;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_SERVICE_H_
