#include "agent_engine/service/call_metadata.h"

#include <string>

#include "absl/time/clock.h"
#include "common/crypto/digest.h"

namespace datamigrate::service {
namespace {

constexpr char kTenantKey[] = "x-datamigrate-tenant";
constexpr char kUserKey[] = "x-datamigrate-user";
constexpr char kTokenKey[] = "authorization";
constexpr char kRequestIdKey[] = "x-request-id";
constexpr std::string_view kScheme = "Bearer ";

// "" when it is missing.
std::string_view MetadataOf(const grpc::CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace

Claim ClaimOf(const grpc::CallbackServerContext& context) {
  std::string_view token = MetadataOf(context, kTokenKey);
  if (token.starts_with(kScheme)) token.remove_prefix(kScheme.size());
  return {MetadataOf(context, kTenantKey), MetadataOf(context, kUserKey), token};
}

RecordedCall CallOf(const grpc::CallbackServerContext& context, std::string_view action,
                    const google::protobuf::Message& request) {
  RecordedCall call;
  call.action = action;
  call.text_sha256 = crypto::Sha256Hex(request.SerializeAsString());
  call.request_id = std::string(MetadataOf(context, kRequestIdKey));
  call.address = AddressOfPeer(context.peer());
  call.began = absl::Now();
  return call;
}

}  // namespace datamigrate::service
