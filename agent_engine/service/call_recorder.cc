#include "agent_engine/service/call_recorder.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/crypto/random.h"
#include "fmt/format.h"
#include "spdlog/spdlog.h"

namespace datamigrate::service {
namespace {

struct StatusRow {
  absl::StatusCode code;
  int http_status;
};
// As the gateway answers them; the rest is 502.
constexpr auto kStatuses = std::to_array<StatusRow>({
    {absl::StatusCode::kOk, 200},
    {absl::StatusCode::kInvalidArgument, 400},
    {absl::StatusCode::kNotFound, 404},
    {absl::StatusCode::kAlreadyExists, 409},
    {absl::StatusCode::kFailedPrecondition, 409},
    {absl::StatusCode::kAborted, 409},
    {absl::StatusCode::kResourceExhausted, 503},
    {absl::StatusCode::kUnavailable, 503},
});

int HttpStatusOf(const absl::Status& status) {
  const auto found = std::ranges::find(kStatuses, status.code(), &StatusRow::code);
  return found == kStatuses.end() ? 502 : found->http_status;
}

struct DirectionRow {
  std::string_view direction;
  std::string_view action;
};
// Of what the Guardian saw.
constexpr auto kDirections = std::to_array<DirectionRow>({
    {"to_model", "askModel"},
    {"from_model", "readModelAnswer"},
    {"from_source", "readSource"},
});

std::string ActionOf(std::string_view direction) {
  const auto found = std::ranges::find(kDirections, direction, &DirectionRow::direction);
  return std::string(found == kDirections.end() ? direction : found->action);
}

constexpr size_t kLongestRequestId = 128;

bool IsPlain(std::string_view id) {
  return !id.empty() && id.size() <= kLongestRequestId &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

absl::Status CallRecorder::Write(const Caller& caller, const RecordedCall& call) {
  audit::Row row;
  row.organization_id = caller.tenant;
  row.user_id = caller.user;
  row.key_id = caller.api_key_id;
  row.remote_address = call.address;
  row.action = call.action;
  row.object = call.object;
  row.status = HttpStatusOf(call.outcome);
  row.request_id = IsPlain(call.request_id) ? call.request_id : crypto::RandomUuid();
  row.text_sha256 = call.text_sha256;
  row.latency_micros = absl::ToInt64Microseconds(absl::Now() - call.began);
  if (Append(std::move(row)).ok()) return absl::OkStatus();
  return absl::UnavailableError(
      "the call may have been carried out but could not be recorded; try again, with the same "
      "idempotency key where there was one");
}

absl::Status CallRecorder::Write(const rewriting::GuardedEvent& event) {
  const bool passes = event.verdict == guardian::Action::kAllow;
  audit::Row row;
  row.organization_id = event.tenant;
  row.action = ActionOf(event.direction);
  row.object = event.migration;
  row.status = passes ? 200 : 403;
  row.request_id = crypto::RandomUuid();
  row.text_sha256 = event.text_sha256;
  row.verdict = guardian::NameOf(event.verdict);
  row.rules = absl::StrJoin(event.rules, " ");
  if (Append(std::move(row)).ok()) return absl::OkStatus();
  return absl::UnavailableError(
      "what the Guardian said could not be recorded, so the text is not used");
}

absl::Status CallRecorder::Append(audit::Row row) {
  absl::Status written;
  {
    absl::MutexLock lock(&mutex_);
    written = chains_.Write(std::span(&row, 1));
  }
  if (!written.ok())
    spdlog::error("an audit row was not written: {}", std::string(written.message()));
  return written;
}

std::string AddressOfPeer(std::string_view peer) {
  const size_t scheme = peer.find(':');
  if (!peer.starts_with("ipv4:") && !peer.starts_with("ipv6:")) return "";
  std::string_view address = peer.substr(scheme + 1);
  address = address.substr(0, address.rfind(':'));
  for (const std::string_view open : {"[", "%5B"}) {
    if (address.starts_with(open)) address.remove_prefix(open.size());
  }
  for (const std::string_view close : {"]", "%5D"}) {
    if (address.ends_with(close)) address.remove_suffix(close.size());
  }
  return std::string(address);
}

}  // namespace datamigrate::service
