// Small documents from a server that was configured, over HTTPS.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_OIDC_FETCH_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_OIDC_FETCH_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace datamigrate::gateway {

struct FetchOptions {
  absl::Duration timeout = absl::Seconds(5);  // of everything together
  size_t max_bytes = 256 * 1024;
};

struct FetchRequest {
  std::string url;
  std::string form;  // sent by POST when not empty
  std::string user;  // for HTTP Basic authentication; "": none
  std::string password;
};

// The body of a 200 answer. Blocks. Redirects are not followed, certificates are checked, and plain
// HTTP goes to this machine alone. Errors: kInvalidArgument for another kind of URL; kUnavailable
// for everything else, without a word of what was sent or answered.
absl::StatusOr<std::string> Fetch(const FetchRequest& request, const FetchOptions& options = {});

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_OIDC_FETCH_H_
