// The gateway without its audit log, for comparing with gateways that have none. It takes the
// flags of datamigrate-gateway and serves until SIGTERM.
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/telemetry/log_setup.h"
#include "gateway/config.h"
#include "gateway/gateway.h"

namespace {

namespace gateway = datamigrate::gateway;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "gateway_without_audit: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  absl::StatusOr<gateway::Config> config =
      gateway::ReadConfig(arguments, [](const std::string& name) {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
      });
  if (!config.ok()) return Fail(config.status());
  config->keeps_audit_log = false;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  const absl::Status log =
      datamigrate::telemetry::SetUpLog({"gateway", config->log_file, config->log_level});
  if (!log.ok()) return Fail(log);
  absl::StatusOr<std::unique_ptr<gateway::Gateway>> running = gateway::Gateway::Start(*config);
  if (!running.ok()) return Fail(running.status());
  int number = 0;
  sigwait(&signals, &number);
  (*running)->Drain(std::chrono::seconds(1));
  return 0;
}
