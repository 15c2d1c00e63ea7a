#include "agent_engine/service/limits.h"

#include <optional>

#include "agent_engine/service/messages.h"
#include "fmt/format.h"

namespace datamigrate::service {

absl::StatusOr<v1::MigrationLimit> Limits::Get(const Caller& caller,
                                               const v1::GetMigrationLimitRequest& /*request*/) {
  const auto limit = limits_->Get(caller.tenant);
  if (!limit.ok()) return limit.status();
  v1::MigrationLimit message;
  if (limit->chosen) message.set_chosen(static_cast<int32_t>(*limit->chosen));
  if (ceiling_ > 0) message.set_ceiling(ceiling_);
  const std::optional<int64_t> effective = store::EffectiveLimit(limit->chosen, ceiling_);
  if (effective) message.set_effective(static_cast<int32_t>(*effective));
  message.set_running(static_cast<int32_t>(limit->running));
  message.set_changed_by(limit->changed_by);
  if (limit->changed_at) *message.mutable_changed_at() = ToTimestamp(*limit->changed_at);
  return message;
}

absl::StatusOr<v1::MigrationLimit> Limits::Set(const Caller& caller,
                                               const v1::SetMigrationLimitRequest& request) {
  std::optional<int64_t> chosen;
  if (request.has_most_running()) chosen = request.most_running();
  if (ceiling_ > 0 && chosen.value_or(0) > ceiling_) {
    return absl::InvalidArgumentError(
        fmt::format("at most {} migrations may run at a time, which is what the operator permits; "
                    "ask them for more",
                    ceiling_));
  }
  const absl::Status set = limits_->Set(caller.tenant, chosen, caller.user);
  if (!set.ok()) return set;
  return Get(caller, {});
}

}  // namespace datamigrate::service
