// A migration's events for longer than the engine tells them to one call.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_RENEWED_EVENTS_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_RENEWED_EVENTS_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gateway/engine_client/engine_client.h"

namespace datamigrate::gateway {

using EventSource = MessageStream<v1::MigrationEvent>;

// A call that lasted less long than this ended for a reason of its own.
inline constexpr absl::Duration kShortestWatch = absl::Seconds(20);

// The events of `open(after)`. A watch ends with the token that it was opened with, long before its
// client's credential does, and with the engine that it was opened at: each that fails after
// kShortestWatch is opened again from the last event on. Other errors are passed on.
std::unique_ptr<EventSource> RenewedEvents(
    std::function<std::unique_ptr<EventSource>(int64_t after)> open, int64_t after,
    std::function<absl::Time()> now = [] { return absl::Now(); });

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_RENEWED_EVENTS_H_
