// What the HTTP server asks of the application.
#ifndef DATAMIGRATE_GATEWAY_HTTP_SERVICE_H_
#define DATAMIGRATE_GATEWAY_HTTP_SERVICE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// A request that was let in by its head, while its body arrives. Its end, without Finish or Refuse,
// means that the client has gone. Used on one I/O thread; no method may block.
class BodyReceiver {
 public:
  using Respond = std::function<void(Response)>;

  virtual ~BodyReceiver() = default;

  // Takes the body's next piece; `done` is called once, from any thread. Not called again before.
  virtual void Take(std::string piece, std::function<void(absl::Status)> done) = 0;

  // The body is whole: `respond` is called once, from any thread.
  virtual void Finish(Respond respond) = 0;

  // The body is not to be had.
  virtual Response Refuse(int status, std::string_view detail) = 0;
};

// Called from I/O threads: no method may block.
class Service {
 public:
  using Respond = std::function<void(Response)>;

  virtual ~Service() = default;

  // The largest body that a request with this head may have. `head` has method, target, headers
  // and remote_address.
  virtual uint64_t MaxBodyBytes(const Request& head) const = 0;

  // True for requests that are judged by their heads, before a long body is read: Admit is asked,
  // and the body goes where it says. Handle sees the others.
  virtual bool IsJudgedByHead(const Request&) const { return false; }

  // `judged` is called once, from any thread: with the answer of a request that is refused, or with
  // what takes the body. Only for what IsJudgedByHead names.
  using Judgement = std::variant<Response, std::unique_ptr<BodyReceiver>>;
  virtual void Admit(Request, std::function<void(Judgement)> judged) { judged(Response()); }

  // Answers a complete request. `respond` is called once, from any thread.
  virtual void Handle(Request request, Respond respond) = 0;

  // Answers what the server itself refuses: a malformed, oversized or late request, of which
  // `head` holds what could be read.
  virtual Response Refuse(Request head, int status, std::string_view detail) = 0;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_SERVICE_H_
