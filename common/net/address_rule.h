// Which machines are on the site.
#ifndef DATAMIGRATE_COMMON_NET_ADDRESS_RULE_H_
#define DATAMIGRATE_COMMON_NET_ADDRESS_RULE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace datamigrate::net {

// An IPv6 address; IPv4 ones as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2).
using AddressBytes = std::array<uint8_t, 16>;

// "127.0.0.1", "::1", "[::1]"; nothing for names.
std::optional<AddressBytes> ParseAddress(std::string_view text);
std::string FormatAddress(const AddressBytes& address);

// A value. Local are loopback (RFC 1122, RFC 4291), private (RFC 1918), shared (RFC 6598) and
// unique local addresses (RFC 4193), and the networks and names that were given. Link-local
// addresses are not: machines in a cloud ask for their own credentials there.
class AddressRule {
 public:
  // `networks` as "10.1.0.0/16"; `hosts` are names without a port.
  // Errors: kInvalidArgument, with what is wrong.
  static absl::StatusOr<AddressRule> Make(const std::vector<std::string>& hosts,
                                          const std::vector<std::string>& networks);

  bool Allows(const AddressBytes& address) const;

  // True for a local address, "localhost" and the given names: others are not even looked up, as
  // that would tell a server of names off the site.
  bool AllowsHost(std::string_view host) const;

 private:
  struct Network {
    AddressBytes address;
    int bits;
  };
  static std::optional<Network> ParseNetwork(std::string_view text);
  static bool Contains(const Network& network, const AddressBytes& address);

  std::vector<std::string> hosts_;
  std::vector<Network> networks_;
};

// "api.example.com" of "https://api.example.com:443/v1", lower case, without brackets; "": none.
std::string HostOfUrl(std::string_view url);

}  // namespace datamigrate::net

#endif  // DATAMIGRATE_COMMON_NET_ADDRESS_RULE_H_
