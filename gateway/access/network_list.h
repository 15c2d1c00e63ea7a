// Addresses and networks, of IPv4 and IPv6 alike.
#ifndef DATAMIGRATE_GATEWAY_ACCESS_NETWORK_LIST_H_
#define DATAMIGRATE_GATEWAY_ACCESS_NETWORK_LIST_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace datamigrate::gateway {

// IPv4 as IPv6's ::ffff:0:0/96.
using AddressBytes = std::array<uint8_t, 16>;

AddressBytes AddressOfIpv4(const uint8_t* four);
// Nothing for a text that is no address.
std::optional<AddressBytes> ParseAddress(std::string_view text);
// "192.0.2.1" or "2001:db8::1".
std::string PrintAddress(const AddressBytes& bytes);

// Immutable once filled, so safe to use from any thread then.
class NetworkList {
 public:
  // Adds "10.0.0.0/8", "2001:db8::/32" or a single address. Errors: kInvalidArgument, naming it.
  absl::Status Add(std::string_view network);

  // False for a text that is no address.
  bool Contains(std::string_view address) const;
  bool empty() const { return networks_.empty(); }

 private:
  struct Network {
    AddressBytes bytes;
    int bits;
  };
  std::vector<Network> networks_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ACCESS_NETWORK_LIST_H_
