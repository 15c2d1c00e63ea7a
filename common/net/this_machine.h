// Addresses that no other machine reaches.
#ifndef DATAMIGRATE_COMMON_NET_THIS_MACHINE_H_
#define DATAMIGRATE_COMMON_NET_THIS_MACHINE_H_

#include <string_view>

namespace datamigrate::net {

// True for "127.0.0.1:50051" and the rest of 127.0.0.0/8, "[::1]:50051", "localhost:50051" and
// "unix:/path". No name but localhost is looked up: others may mean any machine.
bool IsOnThisMachine(std::string_view address);

}  // namespace datamigrate::net

#endif  // DATAMIGRATE_COMMON_NET_THIS_MACHINE_H_
