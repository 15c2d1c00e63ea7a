#include "agent_engine/service/exposure.h"

#include "common/net/this_machine.h"
#include "fmt/format.h"

namespace datamigrate::service {
absl::Status CheckExposure(std::string_view listen, bool is_caller_proved) {
  if (is_caller_proved || net::IsOnThisMachine(listen)) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "--listen {} can be reached from other machines, and nothing proves who calls: give "
      "--token-keys, which is where the gateway's public keys are, or --tls-client-ca, or listen "
      "on "
      "127.0.0.1",
      listen));
}

}  // namespace datamigrate::service
