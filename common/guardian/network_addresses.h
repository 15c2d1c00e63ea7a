// Addresses in text: IPv4, IPv6 and MAC. Pure functions, safe from any thread.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_NETWORK_ADDRESSES_H_
#define DATAMIGRATE_COMMON_GUARDIAN_NETWORK_ADDRESSES_H_

#include <cstddef>
#include <string_view>

namespace datamigrate::guardian {

// True for four decimal numbers of at most 255 without leading zeros, "." between.
bool IsIpv4Address(std::string_view text);

// RFC 4291 section 2.2: eight groups of hexadecimal digits, "::" once for a run of zeros, an IPv4
// address in place of the last two.
bool IsIpv6Address(std::string_view text);

// Six pairs of hexadecimal digits with ":" or "-" between, or three groups of four with "."; not
// all zeros and not the broadcast address.
bool IsMacAddress(std::string_view text);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_NETWORK_ADDRESSES_H_
