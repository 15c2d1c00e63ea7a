// A row of the audit log and the hashes that chain it to the one before.
//
// Rows of one organization form a chain: each row's hash covers its fields and the hash before it.
// Personal fields are covered through commitments, SHA-256 of a random salt and the fields, so that
// they can be erased with their salts and the chain stays valid (docs/security/audit.md).
#ifndef DATAMIGRATE_COMMON_AUDIT_AUDIT_ROW_H_
#define DATAMIGRATE_COMMON_AUDIT_AUDIT_ROW_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace datamigrate::audit {

// The chain of what belongs to no organization, as a failed sign-in.
inline constexpr std::string_view kNoOrganization = "00000000-0000-0000-0000-000000000000";

// What rows are written as now. Rows of version 1 commit to nothing: their fields are hashed.
inline constexpr int kHashVersion = 2;

// Texts are UTF-8 without NUL; hashes and salts are bytes.
struct Row {
  std::string organization_id;
  int64_t sequence = 0;  // from 1, without gaps
  absl::Time at;         // when it was written, by its writer's clock, to the microsecond
  int hash_version = kHashVersion;

  // Who, and from where: the actor. All "" once erased; then `actor_salt` is "", too.
  std::string user_id;     // "": not known
  std::string key_id;      // of the API key, "" for a session
  std::string session_id;  // "" for an API key
  std::string remote_address;
  std::string actor_salt;
  std::string actor_commitment;

  // What was acted on: a migration's id. Erased as the actor is.
  std::string object;
  std::string object_salt;
  std::string object_commitment;

  std::string action;  // the operation's id in the API's document: "createMigration"
  int status = 0;      // of the answer
  std::string request_id;
  std::string text_sha256;     // hex, of the request's body; "" for none or a secret one
  std::string verdict;         // of the Guardian: allow, sanitize, report or block; "": not asked
  std::string rules;           // ids of the rules that matched, with spaces between
  std::string findings;        // kind:category:score:rule+rule ..., with spaces between
  int64_t latency_micros = 0;  // from the request's arrival
  int64_t occurrences = 1;     // how many requests the row stands for
  std::string hash;
};

// Makes the salts and fills the commitments.
void Commit(Row& row);

// True when the field is as the commitment says. Only for fields that are not erased.
bool ActorFits(const Row& row);
bool ObjectFits(const Row& row);

// An erased field has no salt.
bool IsActorErased(const Row& row);
bool IsObjectErased(const Row& row);

// The hash of `row` after one whose hash is `previous`, "" for the first: SHA-256 of `previous` and
// of each field as "<bytes>:<text>,".
std::string HashOf(std::string_view previous, const Row& row);

}  // namespace datamigrate::audit

#endif  // DATAMIGRATE_COMMON_AUDIT_AUDIT_ROW_H_
