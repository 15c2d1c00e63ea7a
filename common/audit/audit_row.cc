#include "common/audit/audit_row.h"

#include <initializer_list>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/crypto/random.h"

namespace datamigrate::audit {
namespace {

constexpr size_t kSaltBytes = 16;

void Add(std::string& text, std::string_view field) {
  text += std::to_string(field.size());
  text += ':';
  text += field;
  text += ',';
}

std::string Joined(std::string_view beginning, std::initializer_list<std::string_view> fields) {
  std::string text(beginning);
  for (const std::string_view field : fields) Add(text, field);
  return text;
}

std::string CommitmentToActor(const Row& row) {
  return crypto::Sha256(Joined(
      row.actor_salt, {"actor", row.user_id, row.key_id, row.session_id, row.remote_address}));
}

std::string CommitmentToObject(const Row& row) {
  return crypto::Sha256(Joined(row.object_salt, {"object", row.object}));
}

// As audit_hash() of gateway/store/migrations/0002_audit.sql.
std::string TextOfVersion1(std::string_view previous, const Row& row) {
  return Joined(previous,
                {row.organization_id, std::to_string(row.sequence),
                 std::to_string(absl::ToUnixMicros(row.at)), row.user_id, row.action, row.object,
                 std::to_string(row.status), row.request_id, row.remote_address, row.text_sha256});
}

std::string TextOfVersion2(std::string_view previous, const Row& row) {
  return Joined(previous, {"audit row 2", row.organization_id, std::to_string(row.sequence),
                           std::to_string(absl::ToUnixMicros(row.at)), row.actor_commitment,
                           row.object_commitment, row.action, std::to_string(row.status),
                           row.request_id, row.text_sha256, row.verdict, row.rules, row.findings,
                           std::to_string(row.latency_micros), std::to_string(row.occurrences)});
}

}  // namespace

void Commit(Row& row) {
  row.hash_version = kHashVersion;
  const std::string salts = crypto::RandomBytes(2 * kSaltBytes);
  row.actor_salt = salts.substr(0, kSaltBytes);
  row.object_salt = salts.substr(kSaltBytes);
  row.actor_commitment = CommitmentToActor(row);
  row.object_commitment = CommitmentToObject(row);
}

bool ActorFits(const Row& row) {
  return row.hash_version == 1 || CommitmentToActor(row) == row.actor_commitment;
}

bool ObjectFits(const Row& row) {
  return row.hash_version == 1 || CommitmentToObject(row) == row.object_commitment;
}

bool IsActorErased(const Row& row) {
  return row.hash_version != 1 && row.actor_salt.empty();
}

bool IsObjectErased(const Row& row) {
  return row.hash_version != 1 && row.object_salt.empty();
}

std::string HashOf(std::string_view previous, const Row& row) {
  return crypto::Sha256(row.hash_version == 1 ? TextOfVersion1(previous, row)
                                              : TextOfVersion2(previous, row));
}

}  // namespace datamigrate::audit
