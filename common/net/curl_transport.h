// HTTP/1.1 and HTTP/2 by libcurl: one thread moves the bytes of every exchange, connections are
// kept and shared, certificates are checked, redirects are not followed.
#ifndef DATAMIGRATE_COMMON_NET_CURL_TRANSPORT_H_
#define DATAMIGRATE_COMMON_NET_CURL_TRANSPORT_H_

#include <memory>
#include <string>

#include "absl/synchronization/mutex.h"
#include "common/net/http_transport.h"

namespace datamigrate::net {

struct CurlTransportOptions {
  std::string ca_file = {};     // PEM; "": the authorities that this machine trusts
  long kept_connections = 256;  // that nobody uses
};

class CurlTransport : public HttpTransport {
 public:
  explicit CurlTransport(const CurlTransportOptions& options = {});
  // Breaks off what is under way.
  ~CurlTransport() override;

  std::unique_ptr<HttpExchange> Send(HttpRequest request) override;

 private:
  class Loop;

  const CurlTransportOptions options_;
  absl::Mutex mutex_;
  // Requests with a rule for addresses have connections of their own: one that was made without
  // it would be used again without being looked at. Each is made when it is needed.
  std::unique_ptr<Loop> open_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Loop> ruled_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace datamigrate::net

#endif  // DATAMIGRATE_COMMON_NET_CURL_TRANSPORT_H_
