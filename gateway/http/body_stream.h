// A response body that is made piece by piece, without holding a thread between pieces.
#ifndef DATAMIGRATE_GATEWAY_HTTP_BODY_STREAM_H_
#define DATAMIGRATE_GATEWAY_HTTP_BODY_STREAM_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace datamigrate::gateway {

class BodyStream {
 public:
  // The next piece; nothing at the end. After an error the connection is cut, so that the client
  // cannot take what it has for the whole.
  using Piece = absl::StatusOr<std::optional<std::string>>;
  using Done = std::function<void(Piece)>;

  // May be called while a Next is pending, which then completes soon.
  virtual ~BodyStream() = default;

  // Asks for one piece; `done` is called once, from any thread, possibly before Next returns.
  // Not called again before `done` was, nor after the end or an error.
  virtual void Next(Done done) = 0;

  // Makes a pending Next complete soon, with an error. From any thread.
  virtual void Cancel() = 0;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_BODY_STREAM_H_
