#include "gateway/http/subscriber.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstddef>
#include <iterator>

namespace datamigrate::gateway {

std::string SubscriberOf(const std::string& address) {
  constexpr size_t kNetworkBytes = 8;  // of an IPv6 address: the /64
  in6_addr parsed{};
  if (inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return address;
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) return address;
  std::string network;
  for (size_t i = 0; i < kNetworkBytes; ++i) {
    fmt::format_to(std::back_inserter(network), "{:02x}", parsed.s6_addr[i]);
  }
  return network;
}

}  // namespace datamigrate::gateway
