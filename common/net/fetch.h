// Small documents from a server that was configured, over HTTPS.
#ifndef DATAMIGRATE_COMMON_NET_FETCH_H_
#define DATAMIGRATE_COMMON_NET_FETCH_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace datamigrate::net {

struct FetchOptions {
  absl::Duration timeout = absl::Seconds(5);  // of everything together
  size_t max_bytes = 256 * 1024;
  std::string ca_file = {};  // PEM; "": the authorities that this machine trusts
};

struct FetchRequest {
  std::string url;
  std::string form = {};  // sent by POST when not empty
  std::string user = {};  // for HTTP Basic authentication; "": none
  std::string password = {};
  std::string bearer = {};  // sent as "Authorization: Bearer", by POST; "": none
  // Who answers, for errors.
  std::string peer = "the identity provider";
};

struct Answer {
  int status = 0;  // of HTTP
  std::string body;
};

// What the server says, whatever its status. Blocks. Redirects are not followed, certificates are
// checked, and plain HTTP goes to this machine alone. Errors, without a word of what was sent:
// kInvalidArgument for another kind of URL; kUnavailable where there is no whole answer.
absl::StatusOr<Answer> Ask(const FetchRequest& request, const FetchOptions& options = {});

// The body of a 200 answer; every other one is kUnavailable, without a word of it.
absl::StatusOr<std::string> Fetch(const FetchRequest& request, const FetchOptions& options = {});

// True for URLs that these take: of HTTPS, or of plain HTTP on this machine.
bool IsFetchable(std::string_view url);

}  // namespace datamigrate::net

#endif  // DATAMIGRATE_COMMON_NET_FETCH_H_
