// When a provider wants to be asked again.
#ifndef DATAMIGRATE_AGENT_ENGINE_ROUTING_RETRY_AFTER_H_
#define DATAMIGRATE_AGENT_ENGINE_ROUTING_RETRY_AFTER_H_

#include <optional>

#include "absl/time/time.h"
#include "common/net/http_transport.h"

namespace datamigrate::routing {

// How long to wait, at least zero; nothing when the head does not say. In this order:
// "retry-after-ms"; "Retry-After", seconds or a date (RFC 9110, section 10.2.3); the later of
// "anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-reset" (RFC 3339) of those
// whose "-remaining" is 0; the longer of OpenAI's "x-ratelimit-reset-{requests,tokens}" ("1m2.5s")
// likewise. Dates are compared with the answer's own "Date" where it has one, so that a wrong clock
// here does not matter, else with `now`.
std::optional<absl::Duration> RetryAfter(const net::HttpHead& head, absl::Time now);

}  // namespace datamigrate::routing

#endif  // DATAMIGRATE_AGENT_ENGINE_ROUTING_RETRY_AFTER_H_
