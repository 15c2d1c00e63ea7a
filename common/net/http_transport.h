// One request over HTTP and its answer as it comes, apart from how it travels: tests put their own
// transport in its place.
#ifndef DATAMIGRATE_COMMON_NET_HTTP_TRANSPORT_H_
#define DATAMIGRATE_COMMON_NET_HTTP_TRANSPORT_H_

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/net/address_rule.h"

namespace datamigrate::net {

struct HeaderField {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string url;                                    // http:// or https://
  std::vector<HeaderField> fields;                    // values may be secrets
  std::string body;                                   // sent by POST; "": GET
  absl::Duration connect_timeout = absl::Seconds(3);  // of name, connection and TLS together
  size_t max_answer_bytes = 16 << 20;
  bool allows_proxy = false;  // of the environment
  // The only addresses that may be connected to, after names are looked up; null: any. Without a
  // rule and a rule's requests never share a connection.
  std::shared_ptr<const AddressRule> addresses;
  std::string peer = "the server";  // who answers, for errors
};

struct HttpHead {
  int status = 0;
  std::vector<HeaderField> fields;

  // The first field of the name, whatever its case; "": there is none.
  std::string_view Find(std::string_view name) const;
};

// One thread at a time. Destroying it before the end breaks the transfer off.
//
// Errors of both calls, without a word of what was sent or came: kDeadlineExceeded when nothing
// came for `patience`; kCancelled for `stop`; kPermissionDenied when no address is allowed;
// kResourceExhausted beyond max_answer_bytes; kUnavailable for all that goes wrong on the way, a
// cut answer among it. After an error both keep saying it.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  // The final head: 1xx answers are passed over, redirects are not followed.
  virtual absl::StatusOr<HttpHead> ReadHead(absl::Duration patience,
                                            const std::stop_token& stop) = 0;

  // What has come of the body, at least a byte; "" at its end. After ReadHead.
  virtual absl::StatusOr<std::string> ReadBody(absl::Duration patience,
                                               const std::stop_token& stop) = 0;
};

// Thread safe. Must outlive its exchanges.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  // Begins to send; never null.
  virtual std::unique_ptr<HttpExchange> Send(HttpRequest request) = 0;
};

}  // namespace datamigrate::net

#endif  // DATAMIGRATE_COMMON_NET_HTTP_TRANSPORT_H_
