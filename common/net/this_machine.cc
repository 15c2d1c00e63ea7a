#include "common/net/this_machine.h"

namespace datamigrate::net {
namespace {

// "127.0.0.1" of "127.0.0.1:50051", "::1" of "[::1]:50051".
std::string_view HostOf(std::string_view address) {
  std::string_view host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

bool IsOnThisMachine(std::string_view address) {
  const std::string_view host = HostOf(address);
  const bool is_loopback =
      host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return address.starts_with("unix:") || host == "localhost" || host == "::1" || is_loopback;
}

}  // namespace datamigrate::net
