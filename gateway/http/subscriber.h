// Who stands behind an address, as far as an address can tell.
#ifndef DATAMIGRATE_GATEWAY_HTTP_SUBSCRIBER_H_
#define DATAMIGRATE_GATEWAY_HTTP_SUBSCRIBER_H_

#include <string>

namespace datamigrate::gateway {

// The address part that one subscriber holds: an IPv4 address, or the /64 of an IPv6 address.
std::string SubscriberOf(const std::string& address);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_SUBSCRIBER_H_
