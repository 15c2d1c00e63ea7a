// Who a client is when proxies stand between: their word counts only where the operator lists them.
#ifndef DATAMIGRATE_GATEWAY_HTTP_CLIENT_ADDRESS_H_
#define DATAMIGRATE_GATEWAY_HTTP_CLIENT_ADDRESS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/access/network_list.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Networks whose hosts are proxies of the operator's. Immutable, so safe to use from any thread.
class TrustedProxies {
 public:
  // The field that these proxies write, and the only one that is read: another one comes from the
  // client, as a proxy passes fields on that it does not know.
  enum class Field { kXForwardedFor, kForwarded };

  // Nobody.
  TrustedProxies() = default;

  // `networks` such as "10.0.0.0/8", "2001:db8::/32" or a single address, with commas between.
  // Errors: kInvalidArgument, naming the wrong one.
  static absl::StatusOr<TrustedProxies> Parse(std::string_view networks, Field field);

  bool Contains(std::string_view address) const;

  // The client of a request that came from `peer`: `peer` itself unless it is a listed proxy, else
  // the last address in the field that is not one. What is no address ends the search: the proxy
  // that wrote it is the client then.
  std::string ClientOf(const std::string& peer, const Headers& headers) const;

 private:
  NetworkList networks_;
  Field field_ = Field::kXForwardedFor;
};

// A PROXY protocol header (HAProxy's proxy-protocol.txt, versions 1 and 2) at the beginning of
// `bytes`.
struct ProxyHeader {
  size_t length = 0;    // of the header
  std::string address;  // of the client; "" where the proxy speaks for itself (LOCAL, UNKNOWN)
};

enum class ProxyRead { kWhole, kPartial, kWrong };

// kPartial: `needed` says how many bytes there must be at least; never more than a header may have.
ProxyRead ReadProxyHeader(std::string_view bytes, ProxyHeader& header, size_t& needed);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_CLIENT_ADDRESS_H_
