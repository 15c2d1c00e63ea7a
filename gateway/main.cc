// datamigrate-gateway: reads the configuration, runs the gateway, stops on a signal.
#include <signal.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/memory/memory_of_start.h"
#include "common/telemetry/log_setup.h"
#include "gateway/config.h"
#include "gateway/gateway.h"
#include "gateway/version.h"

namespace {

namespace gateway = datamigrate::gateway;

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "datamigrate-gateway: %s\n", std::string(status.message()).c_str());
  return 1;
}

// Blocked before any thread starts, so that only main's sigwait takes them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// SIGHUP reads the certificate anew; the other signals end it.
void ServeUntilStopped(const sigset_t& signals, gateway::Gateway& running) {
  int number = 0;
  while (sigwait(&signals, &number) == 0 && number == SIGHUP) {
    const absl::Status reloaded = running.Reload();
    if (reloaded.ok()) {
      spdlog::info("the certificate was read anew");
    } else {
      spdlog::error("the old certificate stays: {}", std::string(reloaded.message()));
    }
  }
}

int Run(const gateway::Config& config) {
  const sigset_t signals = BlockSignals();
  if (absl::Status log = datamigrate::telemetry::SetUpLog(
          {"datamigrate-gateway", config.log_file, config.log_level});
      !log.ok()) {
    return Fail(log);
  }
  absl::StatusOr<std::unique_ptr<gateway::Gateway>> running = gateway::Gateway::Start(config);
  if (!running.ok()) return Fail(running.status());
  datamigrate::memory::ReturnMemoryOfStart();
  spdlog::info("version {} listens on {}:{}", gateway::kVersion, config.listen_host,
               (*running)->port());
  ServeUntilStopped(signals, **running);
  spdlog::info("stopping: finishing what is under way");
  const bool is_clean = (*running)->Drain(std::chrono::seconds(config.drain_seconds));
  spdlog::info("{}", is_clean ? "stopped" : "stopped; some requests were cut");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
#ifdef NDEBUG
  // Debian's abseil looks at the order of locks whenever one is taken; the tests do that.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const absl::StatusOr<gateway::Config> config = gateway::ReadConfig(arguments, Environment);
  if (!config.ok()) return Fail(config.status());
  if (config->wants_help) {
    std::fputs(gateway::Usage().c_str(), stdout);
    return 0;
  }
  if (config->wants_version) {
    std::printf("datamigrate-gateway %s\n", std::string(gateway::kVersion).c_str());
    return 0;
  }
  if (config->rotates_jwt_key) {
    const absl::Status rotated = gateway::RotateTokenKey(*config);
    return rotated.ok() ? 0 : Fail(rotated);
  }
  return Run(*config);
}
